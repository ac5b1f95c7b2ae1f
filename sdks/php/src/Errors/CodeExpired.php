<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The code is old. Made from the reference by `make sdks`. Change nothing here. */
final class CodeExpired extends ApiError
{
}
