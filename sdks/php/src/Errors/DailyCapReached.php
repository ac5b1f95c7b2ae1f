<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** No more stamps for this customer on that day. Made from the reference by `make sdks`. Change nothing here. */
final class DailyCapReached extends ApiError
{
}
