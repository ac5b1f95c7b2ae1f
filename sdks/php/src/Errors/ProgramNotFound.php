<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** No such program. Made from the reference by `make sdks`. Change nothing here. */
final class ProgramNotFound extends ApiError
{
}
