<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A flagged entry as the world sees it: what it was flagged for, and whose entry on whose card it is. `number` is how many visits or undos the day had when it was flagged; `undone` whether the entry was undone since. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $id
 * @property-read string $kind
 * @property-read string $day
 * @property-read int $number
 * @property-read int $transactionId
 * @property-read string $type
 * @property-read int $stamps
 * @property-read int $customerId
 * @property-read int|null $branchId
 * @property-read \LoyaltyLoop\Models\Actor $actor
 * @property-read string $occurredAt
 * @property-read bool $undone
 */
final class Flag extends Model
{
    protected const MODELS = [
        "actor" => Actor::class,
    ];
}
