<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * Stamps given in the period, and those of them that were undone. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $added
 * @property-read int $voided
 */
final class StampFigures extends Model
{
}
