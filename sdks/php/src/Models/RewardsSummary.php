<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * What a business owes; `cost` is in minor units of `currency`, null without a cost of each reward. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $outstanding
 * @property-read int|null $cost
 * @property-read string|null $currency
 * @property-read list<\LoyaltyLoop\Models\OwedProgram> $programs
 * @property-read list<\LoyaltyLoop\Models\OwedAge> $ages
 * @property-read list<\LoyaltyLoop\Models\OwedBranch> $branches
 * @property-read \LoyaltyLoop\Models\RedeemedShare $redeemed
 */
final class RewardsSummary extends Model
{
    protected const MODELS = [
        "programs" => OwedProgram::class,
        "ages" => OwedAge::class,
        "branches" => OwedBranch::class,
        "redeemed" => RedeemedShare::class,
    ];
}
