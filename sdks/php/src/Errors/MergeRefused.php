<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** These cards cannot be merged, or not be separated. Made from the reference by `make sdks`. Change nothing here. */
final class MergeRefused extends ApiError
{
}
