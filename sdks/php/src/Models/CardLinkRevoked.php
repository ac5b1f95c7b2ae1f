<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * What became of a card's private link; `revoked` is false if there was none. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $customerId
 * @property-read bool $revoked
 */
final class CardLinkRevoked extends Model
{
}
