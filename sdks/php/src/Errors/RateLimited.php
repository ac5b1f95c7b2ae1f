<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** Too many requests. Made from the reference by `make sdks`. Change nothing here. */
final class RateLimited extends ApiError
{
}
