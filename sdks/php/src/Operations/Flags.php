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

/** Operations on flags. Made from the OpenAPI by `make sdks`. Change nothing here. */
final class Flags
{
    public function __construct(private readonly Line $line)
    {
    }

    /**
     * List what was flagged.
     *
     * @return Listing<Models\Flag>
     * @throws LoyaltyLoopError
     */
    public function list(int|NotGiven $limit = NotGiven::Value, string|\DateTimeInterface|NotGiven $since = NotGiven::Value): Listing
    {
        $call = new Call(
            "GET",
            "/flags",
            query: ["limit" => $limit, "since" => $since, ],
        );
        return new Listing(Models\Flag::class, $this->line, $call);
    }

    /**
     * See what is flagged.
     *
     * @return Models\FlagRules
     * @throws LoyaltyLoopError
     */
    public function getRules(): Models\FlagRules
    {
        $call = new Call(
            "GET",
            "/flags/rules",
        );
        return Model::shaped(Models\FlagRules::class, $this->line->send($call)->json()["data"]);
    }

    /**
     * Change what is flagged.
     *
     * @param list<string>|NotGiven $off
     * @return Models\FlagRules
     * @throws LoyaltyLoopError
     */
    public function updateRules(int|NotGiven $mostVisits = NotGiven::Value, int|NotGiven $mostUndos = NotGiven::Value, array|NotGiven $off = NotGiven::Value, bool|NotGiven $eveningSummary = NotGiven::Value, ?string $idempotencyKey = null): Models\FlagRules
    {
        $call = new Call(
            "PATCH",
            "/flags/rules",
            body: ["most_visits" => $mostVisits, "most_undos" => $mostUndos, "off" => $off, "evening_summary" => $eveningSummary, ],
            idempotencyKey: $idempotencyKey,
        );
        return Model::shaped(Models\FlagRules::class, $this->line->send($call)->json()["data"]);
    }
}
