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

/** Operations on rewards. Made from the OpenAPI by `make sdks`. Change nothing here. */
final class Rewards
{
    public function __construct(private readonly Line $line)
    {
    }

    /**
     * List rewards.
     *
     * @return Listing<Models\Reward>
     * @throws LoyaltyLoopError
     */
    public function list(int|NotGiven $limit = NotGiven::Value, string|NotGiven $status = NotGiven::Value): Listing
    {
        $call = new Call(
            "GET",
            "/rewards",
            query: ["limit" => $limit, "status" => $status, ],
        );
        return new Listing(Models\Reward::class, $this->line, $call);
    }

    /**
     * Sum up what the shop owes.
     *
     * @return Models\RewardsSummary
     * @throws LoyaltyLoopError
     */
    public function summary(): Models\RewardsSummary
    {
        $call = new Call(
            "GET",
            "/rewards/summary",
        );
        return Model::shaped(Models\RewardsSummary::class, $this->line->send($call)->json()["data"]);
    }
}
