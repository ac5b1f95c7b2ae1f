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

/** Operations on key. Made from the OpenAPI by `make sdks`. Change nothing here. */
final class Key
{
    public function __construct(private readonly Line $line)
    {
    }

    /**
     * See what the key may do.
     *
     * @return Models\Key
     * @throws LoyaltyLoopError
     */
    public function get(): Models\Key
    {
        $call = new Call(
            "GET",
            "/key",
        );
        return Model::shaped(Models\Key::class, $this->line->send($call)->json()["data"]);
    }
}
