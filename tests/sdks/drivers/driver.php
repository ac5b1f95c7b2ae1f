<?php

declare(strict_types=1);

/** Drives the PHP SDK: each line of the input is a request, each line of the output what came of it. See `driving.py`. */

require $argv[1];

use LoyaltyLoop\Client;
use LoyaltyLoop\Listing;
use LoyaltyLoop\Model;
use LoyaltyLoop\OfflineQueue;
use LoyaltyLoop\Webhooks;

function camel(string $name): string
{
    return lcfirst(str_replace("_", "", ucwords($name, "_")));
}

function plain(mixed $value): mixed
{
    if ($value instanceof Listing) {
        return array_map(plain(...), iterator_to_array($value, false));
    }
    if (is_array($value)) {
        return array_map(plain(...), $value);
    }
    if (is_string($value) && preg_match("//u", $value) !== 1) {
        return ["bytes" => strlen($value)];
    }
    return $value instanceof Model ? $value->toArray() : $value;
}

function failure(\Throwable $error): array
{
    return [
        "class" => (new ReflectionClass($error))->getShortName(),
        "text" => $error->getMessage(),
        "status" => $error->status ?? null,
        "code" => $error->errorCode ?? null,
        "detail" => $error->detail ?? null,
        "request_id" => $error->requestId ?? null,
        "retry_after" => $error->retryAfter ?? null,
        "problem" => $error->facts ?? null,
    ];
}

function attempt(callable $work): array
{
    try {
        return ["answer" => $work()];
    } catch (\LoyaltyLoop\LoyaltyLoopError | \ValueError $error) {
        return ["error" => failure($error)];
    }
}

function call(Client $client, array $asked): array
{
    [$resource, $method] = explode(".", $asked["call"]);
    $given = [];
    foreach ($asked["given"] ?? [] as $name => $value) {
        $given[camel($name)] = isset($value["time"]) ? new DateTimeImmutable($value["time"]) : $value;
    }
    $subject = array_key_exists("subject", $asked) ? [$asked["subject"]] : [];
    $show = isset($asked["shown"]) ? static fn (mixed $value): string => print_r($value, true) : plain(...);
    return attempt(static fn (): mixed => $show($client->$resource->{camel($method)}(...$subject, ...$given)));
}

function paged(Client $client, array $asked): array
{
    $page = $client->{$asked["page"]}->list(...$asked["given"])->page($asked["cursor"]);
    return ["answer" => ["items" => plain($page->items), "next_cursor" => $page->nextCursor, "total" => $page->total]];
}

function offline(Client $client, array $asked): array
{
    $queue = new OfflineQueue($asked["offline"]);
    if (array_key_exists("add", $asked)) {
        $given = $asked["given"] ?? [];
        $named = array_combine(array_map(camel(...), array_keys($given)), $given);
        return attempt(static fn (): array => $queue->add($asked["add"], ...$named));
    }
    $told = attempt(static function () use ($queue, $client): array {
        $sent = [];
        foreach ($queue->send($client) as [$item, $outcome]) {
            $sent[] = ["item" => $item, "outcome" => plain($outcome)];
        }
        return $sent;
    });
    return [...$told, "waiting" => count($queue->waiting())];
}

function verify(array $asked): array
{
    return attempt(static function () use ($asked): array {
        $event = Webhooks::verify($asked["verify"], $asked["headers"], $asked["secret"], now: $asked["now"] ?? null);
        $class = (new ReflectionClass($event))->getShortName();
        return ["class" => $class, "id" => $event->id, "type" => $event->type, "data" => plain($event->data)];
    });
}

$client = null;
while (($line = fgets(STDIN)) !== false) {
    $asked = json_decode($line, true);
    if (isset($asked["open"])) {
        $told = attempt(static function () use ($asked, &$client): string {
            $client = new Client($asked["key"], ["baseUrl" => $asked["open"], ...($asked["options"] ?? [])]);
            return print_r($client, true);
        });
    } elseif (isset($asked["many"])) {
        $told = ["answer" => array_map(static fn (array $one): array => call($client, $one), $asked["many"])];
    } elseif (isset($asked["verify"])) {
        $told = verify($asked);
    } elseif (isset($asked["offline"])) {
        $told = offline($client, $asked);
    } else {
        $told = isset($asked["page"]) ? paged($client, $asked) : call($client, $asked);
    }
    echo json_encode($told, JSON_THROW_ON_ERROR), "\n";
}
