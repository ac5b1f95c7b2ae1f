<?php

declare(strict_types=1);

namespace LoyaltyLoop\Events;

use LoyaltyLoop\Event;
use LoyaltyLoop\Models;

/**
 * Sent to endpoints that chose `transaction.voided`, signed as Standard Webhooks says. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read \LoyaltyLoop\Models\Voided $data
 */
final class TransactionVoided extends Event
{
    protected const MODELS = ["data" => Models\Voided::class];
}
