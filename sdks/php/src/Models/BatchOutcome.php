<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * What became of one item of a batch: what a single request would have got, the outcome or the problem. `idempotency_key` is the item's. `replayed` says that it was stamped before, and not again. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $status
 * @property-read string $idempotencyKey
 * @property-read bool $replayed
 * @property-read \LoyaltyLoop\Models\Stamped $outcome
 * @property-read \LoyaltyLoop\Models\Problem $problem
 */
final class BatchOutcome extends Model
{
    protected const MODELS = [
        "outcome" => Stamped::class,
        "problem" => Problem::class,
    ];
}
