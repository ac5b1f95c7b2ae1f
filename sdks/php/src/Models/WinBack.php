<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A gift for a customer who was not here for `after_days`: some stamps, or a reward that is valid for some days. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $afterDays whole days from 14 to 730 without a visit
 * @property-read int $stamps a whole number from 1 to the goal
 * @property-read string $rewardDescription a text of 1 to 200 characters, without control characters
 * @property-read int $validDays whole days from 1 to 3650; left out, it is for ever
 */
final class WinBack extends Model
{
}
