<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * Two customers became one: `customer` as they are now, and `other` as they were before. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read \LoyaltyLoop\Models\Customer $customer
 * @property-read \LoyaltyLoop\Models\Customer $other
 */
final class Merged extends Model
{
    protected const MODELS = [
        "customer" => Customer::class,
        "other" => Customer::class,
    ];
}
