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

/** Operations on events. Made from the OpenAPI by `make sdks`. Change nothing here. */
final class Events
{
    public function __construct(private readonly Line $line)
    {
    }

    /**
     * List events.
     *
     * @return Listing<Event>
     * @throws LoyaltyLoopError
     */
    public function list(int|NotGiven $limit = NotGiven::Value, string|\DateTimeInterface|NotGiven $since = NotGiven::Value): Listing
    {
        $call = new Call(
            "GET",
            "/events",
            query: ["limit" => $limit, "since" => $since, ],
        );
        return new Listing(Event::class, $this->line, $call);
    }
}
