<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * The open rewards that were earned at a branch; both are null for those earned at none. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int|null $branchId
 * @property-read string|null $name
 * @property-read int $outstanding
 */
final class OwedBranch extends Model
{
}
