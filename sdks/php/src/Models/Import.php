<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * What has become of a list so far; `done` of `total` are dealt with. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $id
 * @property-read string $status
 * @property-read string $createdAt
 * @property-read string|null $finishedAt
 * @property-read int $total
 * @property-read int $done
 * @property-read int $imported
 * @property-read int $alreadyThere
 * @property-read int $leftOut
 * @property-read list<\LoyaltyLoop\Models\ImportRemark> $report
 */
final class Import extends Model
{
    protected const MODELS = [
        "report" => ImportRemark::class,
    ];
}
