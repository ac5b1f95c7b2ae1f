<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * The program in force as the world sees it. `card_codes` is there unless they are fixed, `reward_cost` and `currency` once the owner has given them. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read string $name
 * @property-read int $stampsRequired
 * @property-read string $rewardDescription
 * @property-read string $surplus
 * @property-read int $cooldownSeconds
 * @property-read int|null $dailyStampCap
 * @property-read int|null $rewardValidDays
 * @property-read string $updatedAt
 * @property-read int $version
 * @property-read list<\LoyaltyLoop\Models\Step> $steps
 * @property-read int $openingStamps
 * @property-read list<\LoyaltyLoop\Models\BonusHours> $bonusHours
 * @property-read \LoyaltyLoop\Models\BirthdayGift|null $birthday
 * @property-read \LoyaltyLoop\Models\WinBack|null $winBack
 * @property-read \LoyaltyLoop\Models\ReferralGift|null $referral
 * @property-read string $cardCodes
 * @property-read int $rewardCost
 * @property-read string $currency
 * @property-read int $id
 * @property-read string|null $title
 * @property-read bool $main
 * @property-read bool $archived
 */
final class Program extends Model
{
    protected const MODELS = [
        "steps" => Step::class,
        "bonus_hours" => BonusHours::class,
        "birthday" => BirthdayGift::class,
        "win_back" => WinBack::class,
        "referral" => ReferralGift::class,
    ];
}
