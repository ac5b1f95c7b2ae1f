<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The body is not valid JSON. Made from the reference by `make sdks`. Change nothing here. */
final class MalformedJson extends ApiError
{
}
