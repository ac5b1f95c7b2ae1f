<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** The root of all errors of this library. `$status` is 0 where there was no answer. */
class LoyaltyLoopError extends \RuntimeException
{
    public int $status = 0;

    /** Seconds after which it may succeed, if the server said so. */
    public ?float $retryAfter = null;

    /**
     * Whether nothing was decided, so that the same call with the same key may still succeed, now or later: there was no
     * answer, or one that says "not now", of the server or of a proxy before it.
     */
    public function isUndecided(): bool
    {
        return $this->status >= 500 || in_array($this->status, [408, 429], true);
    }
}
