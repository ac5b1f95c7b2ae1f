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

/** Operations on webhooks. Made from the OpenAPI by `make sdks`. Change nothing here. */
final class Webhooks
{
    public function __construct(private readonly Line $line)
    {
    }

    /**
     * List webhooks.
     *
     * @return Listing<Models\Webhook>
     * @throws LoyaltyLoopError
     */
    public function list(int|NotGiven $limit = NotGiven::Value): Listing
    {
        $call = new Call(
            "GET",
            "/webhooks",
            query: ["limit" => $limit, ],
        );
        return new Listing(Models\Webhook::class, $this->line, $call);
    }

    /**
     * Register a webhook.
     *
     * @param list<string> $events
     * @return Models\WebhookWithSecret
     * @throws LoyaltyLoopError
     */
    public function create(string $url, array $events, ?string $idempotencyKey = null): Models\WebhookWithSecret
    {
        $call = new Call(
            "POST",
            "/webhooks",
            body: ["url" => $url, "events" => $events, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\WebhookWithSecret::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Get a webhook.
     *
     * @return Models\Webhook
     * @throws LoyaltyLoopError
     */
    public function get(int $webhookId): Models\Webhook
    {
        $call = new Call(
            "GET",
            Call::path("/webhooks/{id}", $webhookId),
        );
        return Model::shaped(Models\Webhook::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Change a webhook.
     *
     * @param list<string>|NotGiven $events
     * @return Models\Webhook
     * @throws LoyaltyLoopError
     */
    public function update(int $webhookId, string|NotGiven $url = NotGiven::Value, array|NotGiven $events = NotGiven::Value, bool|NotGiven $active = NotGiven::Value, ?string $idempotencyKey = null): Models\Webhook
    {
        $call = new Call(
            "PATCH",
            Call::path("/webhooks/{id}", $webhookId),
            body: ["url" => $url, "events" => $events, "active" => $active, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\Webhook::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Delete a webhook.
     *
     * @return Models\DeletedWebhook
     * @throws LoyaltyLoopError
     */
    public function delete(int $webhookId, ?string $idempotencyKey = null): Models\DeletedWebhook
    {
        $call = new Call(
            "DELETE",
            Call::path("/webhooks/{id}", $webhookId),
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\DeletedWebhook::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Give a webhook a new secret.
     *
     * @return Models\WebhookWithSecret
     * @throws LoyaltyLoopError
     */
    public function rotateSecret(int $webhookId, ?string $idempotencyKey = null): Models\WebhookWithSecret
    {
        $call = new Call(
            "POST",
            Call::path("/webhooks/{id}/rotate-secret", $webhookId),
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\WebhookWithSecret::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Send a test event.
     *
     * @return Models\QueuedDeliveries
     * @throws LoyaltyLoopError
     */
    public function test(int $webhookId, ?string $idempotencyKey = null): Models\QueuedDeliveries
    {
        $call = new Call(
            "POST",
            Call::path("/webhooks/{id}/test", $webhookId),
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\QueuedDeliveries::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * List what was sent to a webhook.
     *
     * @return Listing<Models\Delivery>
     * @throws LoyaltyLoopError
     */
    public function listDeliveries(int $webhookId, int|NotGiven $limit = NotGiven::Value): Listing
    {
        $call = new Call(
            "GET",
            Call::path("/webhooks/{id}/deliveries", $webhookId),
            query: ["limit" => $limit, ],
        );
        return new Listing(Models\Delivery::class, $this->line, $call);
    }

    /**
     * Send again.
     *
     * @return Models\QueuedDeliveries
     * @throws LoyaltyLoopError
     */
    public function replay(int $webhookId, int|null|NotGiven $deliveryId = NotGiven::Value, string|\DateTimeInterface|null|NotGiven $since = NotGiven::Value, ?string $idempotencyKey = null): Models\QueuedDeliveries
    {
        $call = new Call(
            "POST",
            Call::path("/webhooks/{id}/replay", $webhookId),
            body: ["delivery_id" => $deliveryId, "since" => $since, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\QueuedDeliveries::class, $this->line->send($call)->json()["data"]);
    }
}
