<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** Already stamped a moment ago. Made from the reference by `make sdks`. Change nothing here. */
final class StampTooSoon extends ApiError
{
}
