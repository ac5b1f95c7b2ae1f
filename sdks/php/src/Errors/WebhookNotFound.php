<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** No such webhook. Made from the reference by `make sdks`. Change nothing here. */
final class WebhookNotFound extends ApiError
{
}
