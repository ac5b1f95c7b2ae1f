<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * How much a key may do; `customers` is null for any number. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $requestsPerHour
 * @property-read int|null $customers
 */
final class KeyLimits extends Model
{
}
