<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The shop has moved. Made from the reference by `make sdks`. Change nothing here. */
final class ShopMoved extends ApiError
{
}
