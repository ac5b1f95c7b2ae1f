<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * An entry of the ledger as the world sees it; `rotating_code` is there if a good one was shown for it. `stamps` is what it counts for; `stamps_voided` is there if a part was undone, or if it undid a part. `bonus_stamps` are those of the `stamps` that are a gift, `occasion` says of what. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $id
 * @property-read string $type
 * @property-read int $stamps
 * @property-read int $customerId
 * @property-read int|null $rewardId
 * @property-read int|null $branchId
 * @property-read string|null $orderRef
 * @property-read \LoyaltyLoop\Models\Actor $actor
 * @property-read string $occurredAt
 * @property-read int|null $voidedBy
 * @property-read int|null $voids
 * @property-read int $bonusStamps
 * @property-read string|null $occasion
 * @property-read bool $rotatingCode
 * @property-read int $stampsVoided
 * @property-read int $programId
 */
final class Transaction extends Model
{
    protected const MODELS = [
        "actor" => Actor::class,
    ];
}
