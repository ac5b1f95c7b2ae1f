<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** There is no reward to redeem. Made from the reference by `make sdks`. Change nothing here. */
final class NoRewardAvailable extends ApiError
{
}
