<?php

declare(strict_types=1);

namespace LoyaltyLoop\Operations;

use LoyaltyLoop\Call;
use LoyaltyLoop\Event;
use LoyaltyLoop\Line;
use LoyaltyLoop\Listing;
use LoyaltyLoop\LoyaltyLoopError;
use LoyaltyLoop\Model;
use LoyaltyLoop\Models;
use LoyaltyLoop\NotGiven;

/** Operations on stamps. Made from the OpenAPI by `make sdks`. Change nothing here. */
final class Stamps
{
    public function __construct(private readonly Line $line)
    {
    }

    /**
     * Add stamps that a till has gathered.
     *
     * @param list<array<string, mixed>> $items
     * @return list<Models\BatchOutcome>
     * @throws LoyaltyLoopError
     */
    public function batch(array $items, ?string $idempotencyKey = null): array
    {
        $call = new Call(
            "POST",
            "/stamps/batch",
            body: ["items" => $items, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\BatchOutcome::class, $this->line->send($call)->json()["data"]);
    }
}
