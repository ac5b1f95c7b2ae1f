<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** The server was not reached, or its answer did not come back whole. A write may have happened: repeat its key. */
final class ConnectionFailed extends LoyaltyLoopError
{
    public function isUndecided(): bool
    {
        return true;
    }
}
