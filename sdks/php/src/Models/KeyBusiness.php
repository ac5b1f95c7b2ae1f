<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * The shop of a key. `test` says that it is a test key: what it writes is kept apart from the shop's. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $id
 * @property-read string $name
 * @property-read string $plan
 * @property-read string $timezone
 * @property-read string|null $country
 * @property-read bool $test
 */
final class KeyBusiness extends Model
{
}
