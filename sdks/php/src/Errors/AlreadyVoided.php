<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The transaction was already undone. Made from the reference by `make sdks`. Change nothing here. */
final class AlreadyVoided extends ApiError
{
}
