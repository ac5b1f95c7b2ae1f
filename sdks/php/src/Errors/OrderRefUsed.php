<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** That order was already stamped. Made from the reference by `make sdks`. Change nothing here. */
final class OrderRefUsed extends ApiError
{
}
