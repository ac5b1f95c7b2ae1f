<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The code was used already. Made from the reference by `make sdks`. Change nothing here. */
final class CodeUsed extends ApiError
{
}
