<?php

declare(strict_types=1);

namespace LoyaltyLoop;

use Psr\Http\Client\ClientExceptionInterface;
use Psr\Http\Client\ClientInterface;
use Psr\Http\Message\RequestFactoryInterface;
use Psr\Http\Message\StreamFactoryInterface;

/** Sends over an HTTP client of your own. Set its time-out there. */
final class Psr18Sender implements Sender
{
    public function __construct(
        private readonly ClientInterface $client,
        private readonly RequestFactoryInterface $requests,
        private readonly StreamFactoryInterface $streams,
    ) {
    }

    public function send(Request $request): Answer
    {
        $sent = $this->requests->createRequest($request->method, $request->url);
        foreach ($request->headers as $name => $value) {
            $sent = $sent->withHeader($name, $value);
        }
        if ($request->body !== null) {
            $sent = $sent->withBody($this->streams->createStream($request->body));
        }
        try {
            $answer = $this->client->sendRequest($sent);
        } catch (ClientExceptionInterface $failure) {
            throw new ConnectionFailed("$request->method $request->url: {$failure->getMessage()}", 0, $failure);
        }
        $headers = array_map(static fn (array $values): string => implode(", ", $values), $answer->getHeaders());
        return new Answer($answer->getStatusCode(), array_change_key_case($headers), (string) $answer->getBody());
    }
}
