<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * Rewards of the period; `outstanding` is what the business owes now; the rate is redeemed per earned. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $earned
 * @property-read int $redeemed
 * @property-read int $expired
 * @property-read int $outstanding
 * @property-read float $redemptionRate
 */
final class RewardFigures extends Model
{
}
