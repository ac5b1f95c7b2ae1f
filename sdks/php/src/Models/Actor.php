<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * Who acted, as the world sees it. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read string $type
 * @property-read int|null $id
 * @property-read string|null $name
 */
final class Actor extends Model
{
}
