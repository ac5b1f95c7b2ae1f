<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The API key lacks a scope. Made from the reference by `make sdks`. Change nothing here. */
final class ScopeRequired extends ApiError
{
}
