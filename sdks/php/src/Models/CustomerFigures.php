<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * How many customers there are, came new, were here, and were here again; erased ones are in no figure. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $total
 * @property-read int $new
 * @property-read int $active
 * @property-read int $returning
 */
final class CustomerFigures extends Model
{
}
