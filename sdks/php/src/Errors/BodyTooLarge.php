<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The body is too large. Made from the reference by `make sdks`. Change nothing here. */
final class BodyTooLarge extends ApiError
{
}
