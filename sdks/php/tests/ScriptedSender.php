<?php

declare(strict_types=1);

namespace LoyaltyLoop\Tests;

use LoyaltyLoop\Answer;
use LoyaltyLoop\ConnectionFailed;
use LoyaltyLoop\Request;
use LoyaltyLoop\Sender;

/** Gives its answers in turn; null is a line that fails. Keeps what was sent. */
final class ScriptedSender implements Sender
{
    /** @var list<Request> */
    public array $sent = [];

    /** @param list<Answer|null> $answers */
    public function __construct(private array $answers)
    {
    }

    public function send(Request $request): Answer
    {
        $this->sent[] = $request;
        return array_shift($this->answers) ?? throw new ConnectionFailed("the line is down");
    }

    /** @param array<string, string> $headers */
    public static function answer(int $status, mixed $body, array $headers = ["retry-after" => "0"]): Answer
    {
        return new Answer($status, $headers, json_encode($body, JSON_THROW_ON_ERROR));
    }
}
