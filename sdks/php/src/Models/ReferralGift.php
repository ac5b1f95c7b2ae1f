<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * What a shop gives for a friend who was brought along: to both, and to one customer so often a month at most. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $stampsForFriend a whole number from 1 to one below the goal
 * @property-read int $stampsForReferrer a whole number from 1 to one below the goal
 * @property-read int $monthlyCap a whole number from 1 to 1000
 */
final class ReferralGift extends Model
{
}
