<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * Data about a profile: the customer, and the names of the fields that changed. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read \LoyaltyLoop\Models\Customer $customer
 * @property-read list<string> $changed
 */
final class CustomerUpdatedData extends Model
{
    protected const MODELS = [
        "customer" => Customer::class,
    ];
}
