<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** That page is too deep. Made from the reference by `make sdks`. Change nothing here. */
final class PageTooDeep extends ApiError
{
}
