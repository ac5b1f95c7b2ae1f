<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The program is archived. Made from the reference by `make sdks`. Change nothing here. */
final class ProgramArchived extends ApiError
{
}
