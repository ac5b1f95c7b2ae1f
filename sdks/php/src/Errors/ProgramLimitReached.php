<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The limit of programs is reached. Made from the reference by `make sdks`. Change nothing here. */
final class ProgramLimitReached extends ApiError
{
}
