<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The code that changes is needed. Made from the reference by `make sdks`. Change nothing here. */
final class RotatingCodeRequired extends ApiError
{
}
