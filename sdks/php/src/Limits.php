<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** The limit of requests, as an answer told it; each is null where the answer did not. */
final class Limits
{
    public function __construct(
        public readonly ?int $limit,
        public readonly ?int $remaining,
        public readonly ?\DateTimeImmutable $reset,
    ) {
    }

    /** @param array<string, string> $headers */
    public static function of(array $headers): self
    {
        $whole = static function (string $name) use ($headers): ?int {
            $text = $headers["x-ratelimit-$name"] ?? "";
            return ctype_digit($text) ? (int) $text : null;
        };
        $reset = $whole("reset");
        $at = $reset === null ? null : (new \DateTimeImmutable("@$reset"));
        return new self($whole("limit"), $whole("remaining"), $at);
    }
}
