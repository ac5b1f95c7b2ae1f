<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * Why a customer of a list was not taken: their place in it, counted from 0, what is wrong, what would be right. `customer_id` is the customer who is there already, if one phone number says so. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $index
 * @property-read string $outcome
 * @property-read string|null $field
 * @property-read string $message
 * @property-read int|null $customerId
 */
final class ImportRemark extends Model
{
}
