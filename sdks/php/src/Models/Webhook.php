<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * An endpoint as the world sees it; of the secret only its last letters. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $id
 * @property-read string $url
 * @property-read list<string> $events
 * @property-read bool $active
 * @property-read string $createdAt
 * @property-read string $secretHint
 * @property-read \LoyaltyLoop\Models\LastDelivery|null $lastDelivery
 */
final class Webhook extends Model
{
    protected const MODELS = [
        "last_delivery" => LastDelivery::class,
    ];
}
