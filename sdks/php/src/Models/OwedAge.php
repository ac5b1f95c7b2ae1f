<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * The open rewards that were earned `from_days` to `to_days` days ago; `to_days` is null for the oldest. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $fromDays
 * @property-read int|null $toDays
 * @property-read int $outstanding
 */
final class OwedAge extends Model
{
}
