<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** A customer with that phone number exists. Made from the reference by `make sdks`. Change nothing here. */
final class CustomerExists extends ApiError
{
}
