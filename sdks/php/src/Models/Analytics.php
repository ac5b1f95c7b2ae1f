<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * How a shop does, or one of its programs or branches. Only a shop has `programs` and `branches`. `branches_since` is there if the figures of branches begin later than the period. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read \LoyaltyLoop\Models\Period $period
 * @property-read \LoyaltyLoop\Models\CustomerFigures $customers
 * @property-read int $visits
 * @property-read \LoyaltyLoop\Models\StampFigures $stamps
 * @property-read \LoyaltyLoop\Models\RewardFigures $rewards
 * @property-read list<\LoyaltyLoop\Models\Day> $daily
 * @property-read list<\LoyaltyLoop\Models\ProgramFigures> $programs
 * @property-read list<\LoyaltyLoop\Models\BranchFigures> $branches
 * @property-read string $branchesSince
 */
final class Analytics extends Model
{
    protected const MODELS = [
        "period" => Period::class,
        "customers" => CustomerFigures::class,
        "stamps" => StampFigures::class,
        "rewards" => RewardFigures::class,
        "daily" => Day::class,
        "programs" => ProgramFigures::class,
        "branches" => BranchFigures::class,
    ];
}
