<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A branch as the world sees it. Only a closed one has `closed_at`: it takes no stamps; its past still names it. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $id
 * @property-read string $name
 * @property-read string $createdAt
 * @property-read string $closedAt
 */
final class Branch extends Model
{
}
