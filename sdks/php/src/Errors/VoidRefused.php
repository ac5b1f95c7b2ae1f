<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** That cannot be undone. Made from the reference by `make sdks`. Change nothing here. */
final class VoidRefused extends ApiError
{
}
