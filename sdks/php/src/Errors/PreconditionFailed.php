<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** It was changed meanwhile. Made from the reference by `make sdks`. Change nothing here. */
final class PreconditionFailed extends ApiError
{
}
