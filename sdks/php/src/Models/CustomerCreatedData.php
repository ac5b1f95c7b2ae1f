<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * Data about one customer. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read \LoyaltyLoop\Models\Customer $customer
 */
final class CustomerCreatedData extends Model
{
    protected const MODELS = [
        "customer" => Customer::class,
    ];
}
