<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * One day. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read string $date
 * @property-read int $visits
 * @property-read int $stamps
 * @property-read int $newCustomers
 * @property-read int $rewardsEarned
 * @property-read int $rewardsRedeemed
 */
final class Day extends Model
{
}
