<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A customer with the last ten transactions and the rewards that can be redeemed. `opted_out` says that they want no more messages to many. `referred_by` is the id of the customer who brought them along, if somebody did. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $id
 * @property-read string $qrCode
 * @property-read string $name
 * @property-read string|null $phone
 * @property-read string|null $email
 * @property-read string|null $birthday
 * @property-read int $currentStamps
 * @property-read int $stampsRequired
 * @property-read int $totalStamps
 * @property-read int $totalVisits
 * @property-read int $rewardsEarned
 * @property-read int $rewardsAvailable
 * @property-read string|null $lastVisitAt
 * @property-read string $createdAt
 * @property-read string $updatedAt
 * @property-read int $version
 * @property-read list<\LoyaltyLoop\Models\Transaction> $recentTransactions
 * @property-read list<\LoyaltyLoop\Models\Reward> $rewards
 * @property-read bool $optedOut
 * @property-read list<\LoyaltyLoop\Models\Card> $cards
 * @property-read int $referredBy
 */
final class CustomerDetails extends Model
{
    protected const MODELS = [
        "recent_transactions" => Transaction::class,
        "rewards" => Reward::class,
        "cards" => Card::class,
    ];
}
