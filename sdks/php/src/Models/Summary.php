<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * How a program does. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read \LoyaltyLoop\Models\Period $period
 * @property-read \LoyaltyLoop\Models\CustomerFigures $customers
 * @property-read int $visits
 * @property-read \LoyaltyLoop\Models\StampFigures $stamps
 * @property-read \LoyaltyLoop\Models\RewardFigures $rewards
 * @property-read list<\LoyaltyLoop\Models\Day> $daily
 */
final class Summary extends Model
{
    protected const MODELS = [
        "period" => Period::class,
        "customers" => CustomerFigures::class,
        "stamps" => StampFigures::class,
        "rewards" => RewardFigures::class,
        "daily" => Day::class,
    ];
}
