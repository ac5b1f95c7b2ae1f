<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** What is asked: an operation with its values. A write carries an idempotency key, which stays when it is repeated. */
final class Call
{
    public readonly ?string $key;

    /**
     * @param array<string, mixed> $query
     * @param array<string, mixed>|null $body
     */
    public function __construct(
        public readonly string $method,
        public readonly string $path,
        public readonly array $query = [],
        public readonly ?array $body = null,
        ?string $idempotencyKey = null,
    ) {
        $this->key = $method === "GET" ? null : $idempotencyKey ?? self::newKey();
    }

    /** The same call for the page at a cursor. */
    public function at(?string $cursor): self
    {
        return new self($this->method, $this->path, [...$this->query, "cursor" => $cursor]);
    }

    /** @param array<string, string> $headers */
    public function request(string $baseUrl, array $headers): Request
    {
        $query = array_map(
            static fn (mixed $value): mixed => is_bool($value) ? ($value ? "true" : "false") : self::sent($value),
            array_filter($this->query, static fn (mixed $value): bool => $value !== null && $value !== NotGiven::Value),
        );
        $url = $baseUrl . $this->path . ($query === [] ? "" : "?" . http_build_query($query));
        $headers += $this->key === null ? [] : ["Idempotency-Key" => $this->key];
        if ($this->body === null) {
            return new Request($this->method, $url, $headers, null);
        }
        $body = array_filter($this->body, static fn (mixed $value): bool => $value !== NotGiven::Value);
        $json = json_encode((object) self::sent($body), JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);
        return new Request($this->method, $url, $headers + ["Content-Type" => "application/json"], $json);
    }

    /** A value as the wire has it: times in RFC 3339. */
    public static function sent(mixed $value): mixed
    {
        if (is_array($value)) {
            return array_map(self::sent(...), $value);
        }
        return $value instanceof \DateTimeInterface ? $value->format("Y-m-d\\TH:i:s.uP") : $value;
    }

    /**
     * An id or a code as a text.
     *
     * @throws \ValueError it is empty, as after a scan of nothing, or a part of a path: that would be of something else
     */
    public static function name(int|string $subject): string
    {
        $text = preg_replace("/^\\s+|\\s+$/Du", "", (string) $subject) ?? (string) $subject;
        if ($text === "") {
            throw new \ValueError("The id or code is empty. Was anything scanned?");
        }
        if ($text === "." || $text === "..") {
            throw new \ValueError("$text is no id and no code.");
        }
        return $text;
    }

    /**
     * The path of a call about something. A text that is no number is a QR code, or the link that a card shows.
     *
     * @throws \ValueError as of name()
     */
    public static function path(string $path, int|string $subject, string $codePath = ""): string
    {
        $text = self::name($subject);
        $chosen = $codePath !== "" && !ctype_digit($text) ? $codePath : $path;
        return str_replace(["{qr_code}", "{id}"], rawurlencode($text), $chosen);
    }

    private static function newKey(): string
    {
        $bytes = random_bytes(16);
        $bytes[6] = chr((ord($bytes[6]) & 0x0f) | 0x40);
        $bytes[8] = chr((ord($bytes[8]) & 0x3f) | 0x80);
        return vsprintf("%s%s-%s-%s-%s-%s%s%s", str_split(bin2hex($bytes), 4));
    }
}
