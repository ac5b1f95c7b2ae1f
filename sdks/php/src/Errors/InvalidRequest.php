<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** Some of the input is not valid. Made from the reference by `make sdks`. Change nothing here. */
final class InvalidRequest extends ApiError
{
}
