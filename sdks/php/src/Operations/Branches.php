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

/** Operations on branches. Made from the OpenAPI by `make sdks`. Change nothing here. */
final class Branches
{
    public function __construct(private readonly Line $line)
    {
    }

    /**
     * List branches.
     *
     * @return Listing<Models\Branch>
     * @throws LoyaltyLoopError
     */
    public function list(int|NotGiven $limit = NotGiven::Value): Listing
    {
        $call = new Call(
            "GET",
            "/branches",
            query: ["limit" => $limit, ],
        );
        return new Listing(Models\Branch::class, $this->line, $call);
    }
}
