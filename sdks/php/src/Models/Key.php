<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A key as the world sees it: what it may do, and for whom. `starts_with` tells keys apart. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $id
 * @property-read string $name
 * @property-read string $startsWith
 * @property-read list<string> $scopes
 * @property-read \LoyaltyLoop\Models\KeyLimits $limits
 * @property-read \LoyaltyLoop\Models\KeyBusiness $business
 * @property-read string $createdAt
 * @property-read string|null $expiresAt
 */
final class Key extends Model
{
    protected const MODELS = [
        "limits" => KeyLimits::class,
        "business" => KeyBusiness::class,
    ];
}
