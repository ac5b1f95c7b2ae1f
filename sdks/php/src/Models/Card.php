<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A customer's card of one program as the world sees it; an archived program has no next reward. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $programId
 * @property-read string|null $title
 * @property-read int $currentStamps
 * @property-read int $stampsRequired
 * @property-read int $totalStamps
 * @property-read int $totalVisits
 * @property-read int $rewardsAvailable
 * @property-read \LoyaltyLoop\Models\NextReward|null $nextReward
 */
final class Card extends Model
{
    protected const MODELS = [
        "next_reward" => NextReward::class,
    ];
}
