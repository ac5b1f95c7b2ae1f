<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The main program stays. Made from the reference by `make sdks`. Change nothing here. */
final class MainProgramNeeded extends ApiError
{
}
