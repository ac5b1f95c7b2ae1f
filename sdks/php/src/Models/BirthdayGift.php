<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A gift for a birthday: some stamps, or a reward that is valid for some days. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $stamps a whole number from 1 to the goal
 * @property-read string $rewardDescription a text of 1 to 200 characters, without control characters
 * @property-read int $validDays whole days from 1 to 3650; left out, it is for ever
 */
final class BirthdayGift extends Model
{
}
