<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** Something went wrong on our side. Made from the reference by `make sdks`. Change nothing here. */
final class InternalError extends ApiError
{
}
