<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The reward has expired. Made from the reference by `make sdks`. Change nothing here. */
final class RewardExpired extends ApiError
{
}
