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

/** Operations on imports. Made from the OpenAPI by `make sdks`. Change nothing here. */
final class Imports
{
    public function __construct(private readonly Line $line)
    {
    }

    /**
     * Import customers.
     *
     * @param list<array<string, mixed>> $customers
     * @return Models\QueuedImport
     * @throws LoyaltyLoopError
     */
    public function create(array $customers, ?string $idempotencyKey = null): Models\QueuedImport
    {
        $call = new Call(
            "POST",
            "/customers/import",
            body: ["customers" => $customers, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\QueuedImport::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * See what became of an import.
     *
     * @return Models\Import
     * @throws LoyaltyLoopError
     */
    public function get(int $importId): Models\Import
    {
        $call = new Call(
            "GET",
            Call::path("/imports/{id}", $importId),
        );
        return Model::shaped(Models\Import::class, $this->line->send($call)->json()["data"]);
    }
}
