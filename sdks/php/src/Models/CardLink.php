<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * The private link of a customer's card. Anyone who has it has the card, so give it to nobody else. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $customerId
 * @property-read string $url
 * @property-read string $createdAt
 */
final class CardLink extends Model
{
}
