<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * One row: the days on which the hours begin, their beginning and end, and how often a stamp in them counts. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read list<int> $weekdays days of the week, 1 (Monday) to 7 (Sunday)
 * @property-read string $from a time of the day, as 14:00
 * @property-read string $to a time of the day, as 14:00
 * @property-read string $factor 2 or 3
 */
final class BonusHours extends Model
{
}
