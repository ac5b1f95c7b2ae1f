<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * One field that is wrong: where it is (JSON pointer) and what would be right. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read string $pointer
 * @property-read string $message
 */
final class FieldError extends Model
{
}
