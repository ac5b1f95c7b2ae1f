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

/** Operations on transactions. Made from the OpenAPI by `make sdks`. Change nothing here. */
final class Transactions
{
    public function __construct(private readonly Line $line)
    {
    }

    /**
     * List transactions.
     *
     * @return Listing<Models\Transaction>
     * @throws LoyaltyLoopError
     */
    public function list(int|NotGiven $limit = NotGiven::Value, string|NotGiven $orderRef = NotGiven::Value, string|NotGiven $type = NotGiven::Value, int|string|NotGiven $customerId = NotGiven::Value, int|NotGiven $branchId = NotGiven::Value, string|\DateTimeInterface|NotGiven $since = NotGiven::Value, string|\DateTimeInterface|NotGiven $until = NotGiven::Value): Listing
    {
        $call = new Call(
            "GET",
            "/transactions",
            query: ["limit" => $limit, "order_ref" => $orderRef, "type" => $type, "customer_id" => $customerId, "branch_id" => $branchId, "since" => $since, "until" => $until, ],
        );
        return new Listing(Models\Transaction::class, $this->line, $call);
    }

    /**
     * Get a transaction.
     *
     * @return Models\Transaction
     * @throws LoyaltyLoopError
     */
    public function get(int $transactionId): Models\Transaction
    {
        $call = new Call(
            "GET",
            Call::path("/transactions/{id}", $transactionId),
        );
        return Model::shaped(Models\Transaction::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Undo a stamp or a redemption.
     *
     * @return Models\Voided
     * @throws LoyaltyLoopError
     */
    public function void(int $transactionId, string|null|NotGiven $reason = NotGiven::Value, int|null|NotGiven $stamps = NotGiven::Value, ?string $idempotencyKey = null): Models\Voided
    {
        $call = new Call(
            "POST",
            Call::path("/transactions/{id}/void", $transactionId),
            body: ["reason" => $reason, "stamps" => $stamps, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\Voided::class, $this->line->send($call)->json()["data"]);
    }
}
