<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A list that was taken, and where to ask what becomes of it. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $id
 * @property-read string $status
 * @property-read string $url
 */
final class QueuedImport extends Model
{
}
