<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** An API key is needed. Made from the reference by `make sdks`. Change nothing here. */
final class MissingApiKey extends ApiError
{
}
