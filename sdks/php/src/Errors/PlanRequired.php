<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The plan does not include the API. Made from the reference by `make sdks`. Change nothing here. */
final class PlanRequired extends ApiError
{
}
