<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * The open rewards of a program; `cost` is what they cost together, in minor units of `currency`. `title` is null for a program that has the name of the shop. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $programId
 * @property-read string|null $title
 * @property-read int $outstanding
 * @property-read int|null $rewardCost
 * @property-read string|null $currency
 * @property-read int|null $cost
 */
final class OwedProgram extends Model
{
}
