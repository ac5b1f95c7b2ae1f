<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * Data of a test: the endpoint that is tested. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $webhookId
 */
final class WebhookTestData extends Model
{
}
