<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** Webhooks: whether one came from the service, and what it says. The rules are those of Standard Webhooks 1.0.0. */
final class Webhooks
{
    private const PREFIX = "whsec_";

    /**
     * Check the signature of a webhook; return its event. While a secret is rotated, several signatures come; one is enough.
     *
     * @param string $body as it came, not parsed and written again
     * @param array<string, string|list<string>> $headers names in any case
     * @throws InvalidSignature
     * @throws \ValueError the secret is none
     */
    public static function verify(
        string $body,
        array $headers,
        #[\SensitiveParameter] string $secret,
        int $toleranceSeconds = 300,
        ?int $now = null,
    ): Event {
        $given = array_change_key_case($headers);
        [$id, $sent, $signatures] = array_map(
            static fn (string $name): string => self::header($given, "webhook-$name"),
            ["id", "timestamp", "signature"],
        );
        self::checkTime($sent, $now ?? time(), $toleranceSeconds);
        $expected = self::sign($body, $id, $sent, $secret);
        foreach (explode(" ", $signatures) as $one) {
            if (hash_equals($expected, $one)) {
                return self::event($body, $id);
            }
        }
        throw new InvalidSignature("The signature does not belong to this body and secret.");
    }

    /** The signature of a webhook: `v1,<base64>`. */
    public static function sign(string $body, string $id, string $timestamp, #[\SensitiveParameter] string $secret): string
    {
        $text = str_starts_with($secret, self::PREFIX) ? substr($secret, strlen(self::PREFIX)) : $secret;
        $key = base64_decode($text, true);
        if ($key === false || $key === "") {
            throw new \ValueError("A secret of a webhook is whsec_ and base64.");
        }
        return "v1," . base64_encode(hash_hmac("sha256", "$id.$timestamp.$body", $key, true));
    }

    private static function event(string $body, string $id): Event
    {
        $told = json_decode($body, true);
        if (!is_array($told) || !is_string($told["type"] ?? null)) {
            throw new InvalidSignature("The body is no event.");
        }
        return Event::of([...$told, "id" => $id]);
    }

    /** @param array<string, string|list<string>> $headers */
    private static function header(array $headers, string $name): string
    {
        $found = $headers[$name] ?? "";
        $found = is_array($found) ? implode(" ", $found) : $found;
        return $found !== "" ? $found : throw new InvalidSignature("The header $name is missing.");
    }

    private static function checkTime(string $sent, int $now, int $tolerance): void
    {
        if (!ctype_digit($sent)) {
            throw new InvalidSignature("webhook-timestamp is no time.");
        }
        if (abs($now - (int) $sent) > $tolerance) {
            throw new InvalidSignature("The webhook was sent too long ago, or the clock of this machine is wrong.");
        }
    }
}
