<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The API key is not valid. Made from the reference by `make sdks`. Change nothing here. */
final class InvalidApiKey extends ApiError
{
}
