<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * The share of one program. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $programId
 * @property-read string|null $title
 * @property-read int $visits
 * @property-read \LoyaltyLoop\Models\StampFigures $stamps
 * @property-read \LoyaltyLoop\Models\RewardFigures $rewards
 */
final class ProgramFigures extends Model
{
    protected const MODELS = [
        "stamps" => StampFigures::class,
        "rewards" => RewardFigures::class,
    ];
}
