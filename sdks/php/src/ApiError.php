<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** A refusal of the server. Its facts, such as `customer_id` or `next_at`, are in `$facts`. There is a class for each code. */
class ApiError extends LoyaltyLoopError
{
    public readonly string $errorCode;
    public readonly string $detail;
    public readonly ?string $requestId;
    public readonly Limits $limits;

    /**
     * @param array<string, mixed> $facts
     * @param array<string, string> $headers names in small letters
     */
    final public function __construct(int $status, public readonly array $facts, array $headers)
    {
        $this->errorCode = self::text($facts["code"] ?? "");
        $this->detail = self::text($facts["detail"] ?? $facts["title"] ?? "The server answered $status.");
        $this->requestId = $headers["x-request-id"] ?? null;
        $this->limits = Limits::of($headers);
        $this->retryAfter = self::seconds($headers["retry-after"] ?? null);
        parent::__construct("$this->detail ($status $this->errorCode, request $this->requestId)", $status);
        $this->status = $status;
    }

    /**
     * The error for an answer, of the class of its code.
     *
     * @param array<string, string> $headers
     */
    public static function of(int $status, mixed $problem, array $headers): self
    {
        $facts = is_array($problem) ? $problem : [];
        $class = ErrorCodes::CLASSES[self::text($facts["code"] ?? "")] ?? self::class;
        return new $class($status, $facts, $headers);
    }

    private static function text(mixed $value): string
    {
        return is_scalar($value) ? (string) $value : "";
    }

    /** Retry-After: seconds, or a date. */
    private static function seconds(?string $text): ?float
    {
        if ($text === null || ctype_digit($text)) {
            return $text === null ? null : (float) $text;
        }
        $at = strtotime($text);
        return $at === false ? null : max(0.0, (float) ($at - time()));
    }
}
