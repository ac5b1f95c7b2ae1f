<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A reward as the world sees it. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $id
 * @property-read int $customerId
 * @property-read string $description
 * @property-read string $status
 * @property-read string $earnedAt
 * @property-read string|null $redeemedAt
 * @property-read string|null $expiresAt
 * @property-read int $programId
 */
final class Reward extends Model
{
}
