<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The idempotency key belongs to another request. Made from the reference by `make sdks`. Change nothing here. */
final class IdempotencyKeyReused extends ApiError
{
}
