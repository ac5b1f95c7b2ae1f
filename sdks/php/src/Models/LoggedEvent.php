<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * An event as the log has it: the body of its webhook, and the webhook-id as `id`. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read string $id
 * @property-read string $type
 * @property-read string $timestamp
 * @property-read mixed $data
 */
final class LoggedEvent extends Model
{
}
