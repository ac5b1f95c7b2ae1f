<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** No such customer. Made from the reference by `make sdks`. Change nothing here. */
final class CustomerNotFound extends ApiError
{
}
