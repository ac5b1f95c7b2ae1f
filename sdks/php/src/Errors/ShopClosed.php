<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The shop has closed here for good. Made from the reference by `make sdks`. Change nothing here. */
final class ShopClosed extends ApiError
{
}
