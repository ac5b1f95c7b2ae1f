<?php

declare(strict_types=1);

namespace LoyaltyLoop\Events;

use LoyaltyLoop\Event;
use LoyaltyLoop\Models;

/**
 * Sent to endpoints that chose `webhook.test`, signed as Standard Webhooks says. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read \LoyaltyLoop\Models\WebhookTestData $data
 */
final class WebhookTest extends Event
{
    protected const MODELS = ["data" => Models\WebhookTestData::class];
}
