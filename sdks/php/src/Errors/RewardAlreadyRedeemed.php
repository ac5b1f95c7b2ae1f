<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The reward was already redeemed. Made from the reference by `make sdks`. Change nothing here. */
final class RewardAlreadyRedeemed extends ApiError
{
}
