<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A stamp or a redemption was undone; `stamps_voided` is how many stamps were, unset if not asked by number. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $transactionId
 * @property-read int $voidedTransactionId
 * @property-read \LoyaltyLoop\Models\Customer $customer
 * @property-read int $stampsVoided
 */
final class Voided extends Model
{
    protected const MODELS = [
        "customer" => Customer::class,
    ];
}
