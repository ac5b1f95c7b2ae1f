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

/** Operations on programs. Made from the OpenAPI by `make sdks`. Change nothing here. */
final class Programs
{
    public function __construct(private readonly Line $line)
    {
    }

    /**
     * List the programs.
     *
     * @return Listing<Models\Program>
     * @throws LoyaltyLoopError
     */
    public function list(int|NotGiven $limit = NotGiven::Value): Listing
    {
        $call = new Call(
            "GET",
            "/programs",
            query: ["limit" => $limit, ],
        );
        return new Listing(Models\Program::class, $this->line, $call);
    }

    /**
     * Add a program.
     *
     * @param list<array<string, mixed>>|NotGiven $steps
     * @param list<array<string, mixed>>|NotGiven $bonusHours
     * @return Models\Program
     * @throws LoyaltyLoopError
     */
    public function create(int $stampsRequired, string $rewardDescription, string|null|NotGiven $title = NotGiven::Value, string|NotGiven $surplus = NotGiven::Value, int|NotGiven $cooldownSeconds = NotGiven::Value, int|null|NotGiven $dailyStampCap = NotGiven::Value, int|null|NotGiven $rewardValidDays = NotGiven::Value, int|null|NotGiven $rewardCost = NotGiven::Value, string|null|NotGiven $currency = NotGiven::Value, array|NotGiven $steps = NotGiven::Value, int|NotGiven $openingStamps = NotGiven::Value, array|NotGiven $bonusHours = NotGiven::Value, ?string $idempotencyKey = null): Models\Program
    {
        $call = new Call(
            "POST",
            "/programs",
            body: ["stamps_required" => $stampsRequired, "reward_description" => $rewardDescription, "title" => $title, "surplus" => $surplus, "cooldown_seconds" => $cooldownSeconds, "daily_stamp_cap" => $dailyStampCap, "reward_valid_days" => $rewardValidDays, "reward_cost" => $rewardCost, "currency" => $currency, "steps" => $steps, "opening_stamps" => $openingStamps, "bonus_hours" => $bonusHours, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\Program::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Get a program.
     *
     * @return Models\Program
     * @throws LoyaltyLoopError
     */
    public function get(int $programId): Models\Program
    {
        $call = new Call(
            "GET",
            Call::path("/programs/{id}", $programId),
        );
        return Model::shaped(Models\Program::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Change a program.
     *
     * @param list<array<string, mixed>>|NotGiven $steps
     * @param list<array<string, mixed>>|NotGiven $bonusHours
     * @param array<string, mixed>|null|NotGiven $birthday
     * @param array<string, mixed>|null|NotGiven $winBack
     * @param array<string, mixed>|null|NotGiven $referral
     * @return Models\Program
     * @throws LoyaltyLoopError
     */
    public function update(int $programId, string|NotGiven $name = NotGiven::Value, string|null|NotGiven $title = NotGiven::Value, int|NotGiven $stampsRequired = NotGiven::Value, string|NotGiven $rewardDescription = NotGiven::Value, string|NotGiven $surplus = NotGiven::Value, int|NotGiven $cooldownSeconds = NotGiven::Value, int|null|NotGiven $dailyStampCap = NotGiven::Value, int|null|NotGiven $rewardValidDays = NotGiven::Value, string|NotGiven $cardCodes = NotGiven::Value, int|null|NotGiven $rewardCost = NotGiven::Value, string|null|NotGiven $currency = NotGiven::Value, array|NotGiven $steps = NotGiven::Value, int|NotGiven $openingStamps = NotGiven::Value, array|NotGiven $bonusHours = NotGiven::Value, array|null|NotGiven $birthday = NotGiven::Value, array|null|NotGiven $winBack = NotGiven::Value, array|null|NotGiven $referral = NotGiven::Value, ?string $idempotencyKey = null): Models\Program
    {
        $call = new Call(
            "PATCH",
            Call::path("/programs/{id}", $programId),
            body: ["name" => $name, "title" => $title, "stamps_required" => $stampsRequired, "reward_description" => $rewardDescription, "surplus" => $surplus, "cooldown_seconds" => $cooldownSeconds, "daily_stamp_cap" => $dailyStampCap, "reward_valid_days" => $rewardValidDays, "card_codes" => $cardCodes, "reward_cost" => $rewardCost, "currency" => $currency, "steps" => $steps, "opening_stamps" => $openingStamps, "bonus_hours" => $bonusHours, "birthday" => $birthday, "win_back" => $winBack, "referral" => $referral, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\Program::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Archive a program.
     *
     * @return Models\Program
     * @throws LoyaltyLoopError
     */
    public function archive(int $programId, ?string $idempotencyKey = null): Models\Program
    {
        $call = new Call(
            "POST",
            Call::path("/programs/{id}/archive", $programId),
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\Program::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Make a program the main one.
     *
     * @return Models\Program
     * @throws LoyaltyLoopError
     */
    public function makeMain(int $programId, ?string $idempotencyKey = null): Models\Program
    {
        $call = new Call(
            "POST",
            Call::path("/programs/{id}/make-main", $programId),
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\Program::class, $this->line->send($call)->json()["data"]);
    }
}
