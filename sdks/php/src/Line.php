<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** The line to a service: sends a call, and again after a failure that may pass. */
final class Line
{
    /** A longer `Retry-After` is the caller's business: the error carries it. */
    private const LONGEST_WAIT_SECONDS = 30.0;
    private const FIRST_PAUSE_SECONDS = 0.5;
    private const RETRIED = [408, 429, 502, 503, 504];

    /** @param array<string, string> $headers */
    public function __construct(
        public readonly string $baseUrl,
        #[\SensitiveParameter] private readonly array $headers,
        private readonly Sender $sender,
        private readonly int $retries,
    ) {
    }

    /** @throws LoyaltyLoopError */
    public function send(Call $call): Answer
    {
        $request = $call->request($this->baseUrl, $this->headers);
        for ($failures = 0; ; $failures++) {
            $met = $this->attempt($request);
            if ($met instanceof Answer) {
                return $met;
            }
            $pause = $failures < $this->retries ? self::pauseAfter($failures, $met) : null;
            if ($pause === null) {
                throw $met;
            }
            usleep((int) ($pause * 1_000_000));
        }
    }

    private function attempt(Request $request): Answer|LoyaltyLoopError
    {
        try {
            $answer = $this->sender->send($request);
        } catch (ConnectionFailed $failure) {
            return $failure;
        }
        if (self::isOurs($answer)) {
            return $answer;
        }
        if ($answer->status >= 400) {
            return ApiError::of($answer->status, $answer->json(), $answer->headers);
        }
        $where = isset($answer->headers["location"]) ? ", and points to {$answer->headers["location"]}" : "";
        return new ConnectionFailed("$request->method $request->url: something else than the service answered $answer->status$where");
    }

    /**
     * Whether the service has done what it was asked: it answers with a picture, or with JSON that has `data`.
     *
     * Why: the page of a network that wants a login comes with 200 too, and so does half an answer.
     */
    private static function isOurs(Answer $answer): bool
    {
        if ($answer->status < 200 || $answer->status >= 300) {
            return false;
        }
        return str_starts_with($answer->headers["content-type"] ?? "", "image/") || isset($answer->json()["data"]);
    }

    /** Seconds before the next attempt; null if there must not be one. */
    private static function pauseAfter(int $failures, LoyaltyLoopError $error): ?float
    {
        if (!$error instanceof ConnectionFailed && !in_array($error->status, self::RETRIED, true)) {
            return null;
        }
        if ($error->retryAfter !== null) {
            return $error->retryAfter <= self::LONGEST_WAIT_SECONDS ? $error->retryAfter : null;
        }
        return self::FIRST_PAUSE_SECONDS * 2 ** $failures * random_int(500, 1000) / 1000;
    }

    /** @return array<string, string> what a dump may show: no API key */
    public function __debugInfo(): array
    {
        return ["baseUrl" => $this->baseUrl];
    }
}
