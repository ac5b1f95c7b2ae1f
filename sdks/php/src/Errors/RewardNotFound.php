<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** No such reward. Made from the reference by `make sdks`. Change nothing here. */
final class RewardNotFound extends ApiError
{
}
