<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A reward on the way: how many stamps earn it, and what it is. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $stamps a whole number from 1 to 100
 * @property-read string $rewardDescription a text of 1 to 200 characters, without control characters
 */
final class Step extends Model
{
}
