<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * What a running card earns next, and how many stamps are missing. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $stampsToGo
 * @property-read string $rewardDescription
 */
final class NextReward extends Model
{
}
