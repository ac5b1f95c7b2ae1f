<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** It cannot be done right now. Made from the reference by `make sdks`. Change nothing here. */
final class Busy extends ApiError
{
}
