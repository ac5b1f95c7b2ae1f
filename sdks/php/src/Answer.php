<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** What came back. */
final class Answer
{
    /** @param array<string, string> $headers names in small letters */
    public function __construct(
        public readonly int $status,
        public readonly array $headers,
        public readonly string $body,
    ) {
    }

    /** The body as JSON; null if it is none. */
    public function json(): mixed
    {
        return json_decode($this->body, true);
    }
}
