<?php

declare(strict_types=1);

namespace LoyaltyLoop\Operations;

use LoyaltyLoop\Call;
use LoyaltyLoop\Event;
use LoyaltyLoop\Line;
use LoyaltyLoop\Listing;
use LoyaltyLoop\LoyaltyLoopError;
use LoyaltyLoop\Model;
use LoyaltyLoop\Models;
use LoyaltyLoop\NotGiven;

/** Operations on program. Made from the OpenAPI by `make sdks`. Change nothing here. */
final class Program
{
    public function __construct(private readonly Line $line)
    {
    }

    /**
     * Get the program.
     *
     * @return Models\Program
     * @throws LoyaltyLoopError
     */
    public function get(): Models\Program
    {
        $call = new Call(
            "GET",
            "/program",
        );
        return Model::shaped(Models\Program::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Change the program.
     *
     * @param list<array<string, mixed>>|NotGiven $steps
     * @param list<array<string, mixed>>|NotGiven $bonusHours
     * @param array<string, mixed>|null|NotGiven $birthday
     * @param array<string, mixed>|null|NotGiven $winBack
     * @param array<string, mixed>|null|NotGiven $referral
     * @return Models\Program
     * @throws LoyaltyLoopError
     */
    public function update(string|NotGiven $name = NotGiven::Value, string|null|NotGiven $title = NotGiven::Value, int|NotGiven $stampsRequired = NotGiven::Value, string|NotGiven $rewardDescription = NotGiven::Value, string|NotGiven $surplus = NotGiven::Value, int|NotGiven $cooldownSeconds = NotGiven::Value, int|null|NotGiven $dailyStampCap = NotGiven::Value, int|null|NotGiven $rewardValidDays = NotGiven::Value, string|NotGiven $cardCodes = NotGiven::Value, int|null|NotGiven $rewardCost = NotGiven::Value, string|null|NotGiven $currency = NotGiven::Value, array|NotGiven $steps = NotGiven::Value, int|NotGiven $openingStamps = NotGiven::Value, array|NotGiven $bonusHours = NotGiven::Value, array|null|NotGiven $birthday = NotGiven::Value, array|null|NotGiven $winBack = NotGiven::Value, array|null|NotGiven $referral = NotGiven::Value, ?string $idempotencyKey = null): Models\Program
    {
        $call = new Call(
            "PATCH",
            "/program",
            body: ["name" => $name, "title" => $title, "stamps_required" => $stampsRequired, "reward_description" => $rewardDescription, "surplus" => $surplus, "cooldown_seconds" => $cooldownSeconds, "daily_stamp_cap" => $dailyStampCap, "reward_valid_days" => $rewardValidDays, "card_codes" => $cardCodes, "reward_cost" => $rewardCost, "currency" => $currency, "steps" => $steps, "opening_stamps" => $openingStamps, "bonus_hours" => $bonusHours, "birthday" => $birthday, "win_back" => $winBack, "referral" => $referral, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\Program::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * See how many would be won back now.
     *
     * @return Models\WinBackPreview
     * @throws LoyaltyLoopError
     */
    public function previewWinBack(int|NotGiven $afterDays = NotGiven::Value): Models\WinBackPreview
    {
        $call = new Call(
            "GET",
            "/program/win-back",
            query: ["after_days" => $afterDays, ],
        );
        return Model::shaped(Models\WinBackPreview::class, $this->line->send($call)->json()["data"]);
    }
}
