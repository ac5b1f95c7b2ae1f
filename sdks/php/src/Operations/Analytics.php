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

/** Operations on analytics. Made from the OpenAPI by `make sdks`. Change nothing here. */
final class Analytics
{
    public function __construct(private readonly Line $line)
    {
    }

    /**
     * Get a summary of the program.
     *
     * @return Models\Analytics
     * @throws LoyaltyLoopError
     */
    public function get(int|NotGiven $days = NotGiven::Value, int|NotGiven $programId = NotGiven::Value, int|NotGiven $branchId = NotGiven::Value): Models\Analytics
    {
        $call = new Call(
            "GET",
            "/analytics",
            query: ["days" => $days, "program_id" => $programId, "branch_id" => $branchId, ],
        );
        return Model::shaped(Models\Analytics::class, $this->line->send($call)->json()["data"]);
    }
}
