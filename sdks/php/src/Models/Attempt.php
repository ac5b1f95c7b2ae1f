<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * One try: when, how long it took, what the receiver answered (its beginning) or what went wrong. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $number
 * @property-read string $at
 * @property-read int $milliseconds
 * @property-read int|null $httpStatus
 * @property-read string|null $error
 * @property-read string|null $response
 */
final class Attempt extends Model
{
}
