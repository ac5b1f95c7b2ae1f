<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * The last attempt at an endpoint. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read string $at
 * @property-read string $status
 * @property-read int|null $httpStatus
 */
final class LastDelivery extends Model
{
}
