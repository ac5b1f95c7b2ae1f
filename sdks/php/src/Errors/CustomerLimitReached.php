<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The plan's customer limit is reached. Made from the reference by `make sdks`. Change nothing here. */
final class CustomerLimitReached extends ApiError
{
}
