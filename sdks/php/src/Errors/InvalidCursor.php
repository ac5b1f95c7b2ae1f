<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** That cursor is not one of ours. Made from the reference by `make sdks`. Change nothing here. */
final class InvalidCursor extends ApiError
{
}
