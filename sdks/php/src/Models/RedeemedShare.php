<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * How many rewards were redeemed and expired in the last days; `share` is null if there was none to redeem. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $days
 * @property-read int $redeemed
 * @property-read int $expired
 * @property-read float|null $share
 */
final class RedeemedShare extends Model
{
}
