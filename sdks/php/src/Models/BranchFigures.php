<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * The share of one branch; without an id and a name these are the visits that no branch was noted for. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int|null $branchId
 * @property-read string|null $name
 * @property-read int $visits
 * @property-read int $stamps
 */
final class BranchFigures extends Model
{
}
