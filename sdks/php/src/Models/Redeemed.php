<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A reward was handed out. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $transactionId
 * @property-read \LoyaltyLoop\Models\Reward $reward
 * @property-read \LoyaltyLoop\Models\Customer $customer
 */
final class Redeemed extends Model
{
    protected const MODELS = [
        "reward" => Reward::class,
        "customer" => Customer::class,
    ];
}
