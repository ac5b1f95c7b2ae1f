<?php

declare(strict_types=1);

namespace LoyaltyLoop\Errors;

use LoyaltyLoop\ApiError;

/** The limit of webhooks is reached. Made from the reference by `make sdks`. Change nothing here. */
final class WebhookLimitReached extends ApiError
{
}
