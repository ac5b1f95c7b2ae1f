<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A merge was taken back: both customers as they are now. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read \LoyaltyLoop\Models\Customer $customer
 * @property-read \LoyaltyLoop\Models\Customer $other
 */
final class Unmerged extends Model
{
    protected const MODELS = [
        "customer" => Customer::class,
        "other" => Customer::class,
    ];
}
