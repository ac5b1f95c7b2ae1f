<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * Stamps were added to the card of `program_id`; `rewards` are those that this call earned. `stamps_dropped` is how many of them are above the goal and go to no card, because the shop's `surplus` is `reset`; unset if none are. `bonus_stamps` are those of the added ones that are a gift of the bonus hours; unset only in answers of releases that knew none. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $transactionId
 * @property-read int $stampsAdded
 * @property-read int $currentStamps
 * @property-read int $stampsRequired
 * @property-read int $totalStamps
 * @property-read bool $rewardEarned
 * @property-read list<\LoyaltyLoop\Models\Reward> $rewards
 * @property-read \LoyaltyLoop\Models\Customer $customer
 * @property-read int $stampsDropped
 * @property-read int $bonusStamps
 * @property-read int $programId
 */
final class Stamped extends Model
{
    protected const MODELS = [
        "rewards" => Reward::class,
        "customer" => Customer::class,
    ];
}
