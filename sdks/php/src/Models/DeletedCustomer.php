<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A customer's personal data was erased; the ledger stays, without a name. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $id
 * @property-read string $qrCode
 * @property-read bool $deleted True if it is left out
 */
final class DeletedCustomer extends Model
{
}
