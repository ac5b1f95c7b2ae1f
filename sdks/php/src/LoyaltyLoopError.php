<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** The root of all errors of this library. `$status` is 0 where there was no answer. */
class LoyaltyLoopError extends \RuntimeException
{
    public int $status = 0;

    /** Seconds after which it may succeed, if the server said so. */
    public ?float $retryAfter = null;
}
