<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** What goes over the line. */
final class Request
{
    /** @param array<string, string> $headers */
    public function __construct(
        public readonly string $method,
        public readonly string $url,
        #[\SensitiveParameter] public readonly array $headers,
        public readonly ?string $body,
    ) {
    }

    /** @return array<string, string> what a dump may show: no API key */
    public function __debugInfo(): array
    {
        return ["method" => $this->method, "url" => $this->url];
    }
}
