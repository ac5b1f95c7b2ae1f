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

/** Operations on customers. Made from the OpenAPI by `make sdks`. Change nothing here. */
final class Customers
{
    public function __construct(private readonly Line $line)
    {
    }

    /**
     * List customers.
     *
     * @return Listing<Models\Customer>
     * @throws LoyaltyLoopError
     */
    public function list(int|NotGiven $limit = NotGiven::Value, string|NotGiven $phone = NotGiven::Value, string|NotGiven $q = NotGiven::Value, string|\DateTimeInterface|NotGiven $updatedSince = NotGiven::Value): Listing
    {
        $call = new Call(
            "GET",
            "/customers",
            query: ["limit" => $limit, "phone" => $phone, "q" => $q, "updated_since" => $updatedSince, ],
        );
        return new Listing(Models\Customer::class, $this->line, $call);
    }

    /**
     * Create a customer.
     *
     * @return Models\Customer
     * @throws LoyaltyLoopError
     */
    public function create(string $name, string $phone, string|null|NotGiven $email = NotGiven::Value, string|null|NotGiven $birthday = NotGiven::Value, ?string $idempotencyKey = null): Models\Customer
    {
        $call = new Call(
            "POST",
            "/customers",
            body: ["name" => $name, "phone" => $phone, "email" => $email, "birthday" => $birthday, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\Customer::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Get a customer by id.
     *
     * @return Models\CustomerDetails
     * @throws LoyaltyLoopError
     */
    public function get(int|string $customer): Models\CustomerDetails
    {
        $call = new Call(
            "GET",
            Call::path("/customers/{id}", $customer, "/customers/qr/{qr_code}"),
        );
        return Model::shaped(Models\CustomerDetails::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Change a customer's profile.
     *
     * @return Models\Customer
     * @throws LoyaltyLoopError
     */
    public function update(int|string $customer, string|NotGiven $name = NotGiven::Value, string|null|NotGiven $phone = NotGiven::Value, string|null|NotGiven $email = NotGiven::Value, string|null|NotGiven $birthday = NotGiven::Value, bool|NotGiven $optedOut = NotGiven::Value, ?string $idempotencyKey = null): Models\Customer
    {
        $call = new Call(
            "PATCH",
            Call::path("/customers/{id}", $customer),
            body: ["name" => $name, "phone" => $phone, "email" => $email, "birthday" => $birthday, "opted_out" => $optedOut, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\Customer::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Erase a customer's personal data.
     *
     * @return Models\DeletedCustomer
     * @throws LoyaltyLoopError
     */
    public function delete(int|string $customer, ?string $idempotencyKey = null): Models\DeletedCustomer
    {
        $call = new Call(
            "DELETE",
            Call::path("/customers/{id}", $customer),
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\DeletedCustomer::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Look a customer up by QR code.
     *
     * @return Models\CustomerDetails
     * @throws LoyaltyLoopError
     */
    public function getByCode(string $customer): Models\CustomerDetails
    {
        $call = new Call(
            "GET",
            Call::path("/customers/qr/{qr_code}", $customer),
        );
        return Model::shaped(Models\CustomerDetails::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * List what was done to a card.
     *
     * @return Listing<Models\Transaction>
     * @throws LoyaltyLoopError
     */
    public function listTransactions(int|string $customer, int|NotGiven $limit = NotGiven::Value): Listing
    {
        $call = new Call(
            "GET",
            Call::path("/customers/{id}/transactions", $customer),
            query: ["limit" => $limit, ],
        );
        return new Listing(Models\Transaction::class, $this->line, $call);
    }

    /**
     * List a customer's rewards.
     *
     * @return Listing<Models\Reward>
     * @throws LoyaltyLoopError
     */
    public function listRewards(int|string $customer, int|NotGiven $limit = NotGiven::Value, string|NotGiven $status = NotGiven::Value): Listing
    {
        $call = new Call(
            "GET",
            Call::path("/customers/{id}/rewards", $customer),
            query: ["limit" => $limit, "status" => $status, ],
        );
        return new Listing(Models\Reward::class, $this->line, $call);
    }

    /**
     * Merge two customers.
     *
     * @return Models\Merged
     * @throws LoyaltyLoopError
     */
    public function merge(int|string $customer, int $fromId, ?string $idempotencyKey = null): Models\Merged
    {
        $call = new Call(
            "POST",
            Call::path("/customers/{id}/merge", $customer),
            body: ["from_id" => $fromId, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\Merged::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Take a merge back.
     *
     * @return Models\Unmerged
     * @throws LoyaltyLoopError
     */
    public function unmerge(int|string $customer, int $fromId, ?string $idempotencyKey = null): Models\Unmerged
    {
        $call = new Call(
            "POST",
            Call::path("/customers/{id}/unmerge", $customer),
            body: ["from_id" => $fromId, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\Unmerged::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Get the picture of a card.
     *
     * @return string
     * @throws LoyaltyLoopError
     */
    public function card(int|string $customer): string
    {
        $call = new Call(
            "GET",
            Call::path("/customers/{id}/card.png", $customer),
        );
        return $this->line->send($call)->body;
    }

    /**
     * Get the private link of a card.
     *
     * @return Models\CardLink
     * @throws LoyaltyLoopError
     */
    public function cardLink(int|string $customer, ?string $idempotencyKey = null): Models\CardLink
    {
        $call = new Call(
            "POST",
            Call::path("/customers/{id}/card-link", $customer),
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\CardLink::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Revoke the private link of a card.
     *
     * @return Models\CardLinkRevoked
     * @throws LoyaltyLoopError
     */
    public function revokeCardLink(int|string $customer, ?string $idempotencyKey = null): Models\CardLinkRevoked
    {
        $call = new Call(
            "DELETE",
            Call::path("/customers/{id}/card-link", $customer),
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\CardLinkRevoked::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Add stamps by id.
     *
     * @return Models\Stamped
     * @throws LoyaltyLoopError
     */
    public function stamp(int|string $customer, int|NotGiven $stamps = NotGiven::Value, int|null|NotGiven $branchId = NotGiven::Value, string|null|NotGiven $orderRef = NotGiven::Value, string|\DateTimeInterface|null|NotGiven $occurredAt = NotGiven::Value, int|null|NotGiven $programId = NotGiven::Value, ?string $idempotencyKey = null): Models\Stamped
    {
        $call = new Call(
            "POST",
            Call::path("/customers/{id}/stamps", $customer, "/customers/qr/{qr_code}/stamps"),
            body: ["stamps" => $stamps, "branch_id" => $branchId, "order_ref" => $orderRef, "occurred_at" => $occurredAt, "program_id" => $programId, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\Stamped::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Redeem a reward by id.
     *
     * @return Models\Redeemed
     * @throws LoyaltyLoopError
     */
    public function redeem(int|string $customer, int|null|NotGiven $rewardId = NotGiven::Value, ?string $idempotencyKey = null): Models\Redeemed
    {
        $call = new Call(
            "POST",
            Call::path("/customers/{id}/redeem", $customer, "/customers/qr/{qr_code}/redeem"),
            body: ["reward_id" => $rewardId, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\Redeemed::class, $this->line->send($call)->json()["data"]);
    }
}
