<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A customer as the world sees it, with the card of the main program; `stamps_required` is its running goal. `cards` are those of all programs that the customer has one of: the main program's first. Made from the OpenAPI by `make sdks`. Change nothing here.
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
 * @property-read list<\LoyaltyLoop\Models\Card> $cards
 */
final class Customer extends Model
{
    protected const MODELS = [
        "cards" => Card::class,
    ];
}
