<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** Sends over curl, on a connection that is kept. */
final class CurlSender implements Sender
{
    private ?\CurlHandle $handle = null;

    /** @param float $timeout seconds that one attempt may take */
    public function __construct(private readonly float $timeout)
    {
    }

    public function send(Request $request): Answer
    {
        $this->handle ??= curl_init();
        $headers = [];
        curl_reset($this->handle);
        curl_setopt_array($this->handle, $this->options($request, $headers));
        $body = curl_exec($this->handle);
        if (!is_string($body)) {
            $reason = curl_error($this->handle);
            $this->handle = null;
            throw new ConnectionFailed("$request->method $request->url: $reason");
        }
        return new Answer((int) curl_getinfo($this->handle, CURLINFO_RESPONSE_CODE), $headers, $body);
    }

    /**
     * @param array<string, string> $headers is filled while the answer comes
     * @return array<int, mixed>
     */
    private function options(Request $request, array &$headers): array
    {
        $lines = array_map(static fn (string $name, string $value): string => "$name: $value", array_keys($request->headers), $request->headers);
        $read = static function (\CurlHandle $_, string $line) use (&$headers): int {
            if (str_contains($line, ":")) {
                [$name, $value] = explode(":", $line, 2);
                $headers[strtolower(trim($name))] = trim($value);
            }
            return strlen($line);
        };
        $sent = $request->body === null ? [] : [CURLOPT_POSTFIELDS => $request->body];
        return $sent + [
            CURLOPT_URL => $request->url,
            CURLOPT_CUSTOMREQUEST => $request->method,
            CURLOPT_HTTPHEADER => [...$lines, "Expect:"],
            CURLOPT_HEADERFUNCTION => $read,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_TIMEOUT_MS => (int) ($this->timeout * 1000),
        ];
    }
}
