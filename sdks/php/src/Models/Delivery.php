<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * One event on its way to one endpoint; `event_id` is the header webhook-id, the same on every try. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $id
 * @property-read string $eventId
 * @property-read string $eventType
 * @property-read string $status
 * @property-read string $createdAt
 * @property-read string|null $nextAttemptAt
 * @property-read list<\LoyaltyLoop\Models\DeliveryAttempt> $attempts
 */
final class Delivery extends Model
{
    protected const MODELS = [
        "attempts" => DeliveryAttempt::class,
    ];
}
