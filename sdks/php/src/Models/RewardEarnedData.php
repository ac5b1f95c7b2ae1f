<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * Data about one reward and its owner. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read \LoyaltyLoop\Models\Reward $reward
 * @property-read \LoyaltyLoop\Models\Customer $customer
 */
final class RewardEarnedData extends Model
{
    protected const MODELS = [
        "reward" => Reward::class,
        "customer" => Customer::class,
    ];
}
