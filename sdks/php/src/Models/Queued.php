<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * How many deliveries were queued, and the first of them. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $queued
 * @property-read int|null $deliveryId
 */
final class Queued extends Model
{
}
