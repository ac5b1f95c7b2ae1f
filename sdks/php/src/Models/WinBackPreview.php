<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * How many customers would be written to now, if the shop wrote to those who were away for so many days. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $afterDays
 * @property-read int $customers
 */
final class WinBackPreview extends Model
{
}
