<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * Whole days, both ends included. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $days
 * @property-read string $from
 * @property-read string $to
 * @property-read string $timezone
 */
final class Period extends Model
{
}
