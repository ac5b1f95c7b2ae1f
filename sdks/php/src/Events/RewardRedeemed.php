<?php

declare(strict_types=1);

namespace LoyaltyLoop\Events;

use LoyaltyLoop\Event;
use LoyaltyLoop\Models;

/**
 * Sent to endpoints that chose `reward.redeemed`, signed as Standard Webhooks says. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read \LoyaltyLoop\Models\Redeemed $data
 */
final class RewardRedeemed extends Event
{
    protected const MODELS = ["data" => Models\Redeemed::class];
}
