<?php

declare(strict_types=1);

namespace LoyaltyLoop\Tests;

use LoyaltyLoop\Client;
use LoyaltyLoop\ConnectionFailed;
use LoyaltyLoop\Errors\Busy;
use LoyaltyLoop\Errors\StampTooSoon;
use LoyaltyLoop\Models\Stamped;
use PHPUnit\Framework\TestCase;

/** What a client sends, tries again and gives back, without a network. */
final class ClientTest extends TestCase
{
    private const KEY = "ll_abcdefghijklmnopqrstuvwxyz";
    private const STAMPED = ["data" => ["transaction_id" => 7, "reward_earned" => true, "rewards" => [["id" => 3]], "new" => 1]];

    private static function client(ScriptedSender $sender, string $baseUrl = "https://cards.example.com"): Client
    {
        return new Client(self::KEY, ["baseUrl" => $baseUrl, "sender" => $sender]);
    }

    public function testTwoLinesStampACardByCodeOrById(): void
    {
        $sender = new ScriptedSender([ScriptedSender::answer(200, self::STAMPED), ScriptedSender::answer(200, self::STAMPED)]);
        $stamped = self::client($sender)->customers->stamp("CUS12AB34CD56", stamps: 2);
        self::client($sender)->customers->stamp(42);
        self::assertInstanceOf(Stamped::class, $stamped);
        self::assertTrue($stamped->rewardEarned);
        self::assertSame(3, $stamped->rewards[0]->id);
        self::assertSame(1, $stamped->toArray()["new"]);
        self::assertSame("https://cards.example.com/v1/customers/qr/CUS12AB34CD56/stamps", $sender->sent[0]->url);
        self::assertSame('{"stamps":2}', $sender->sent[0]->body);
        self::assertSame("https://cards.example.com/v1/customers/42/stamps", $sender->sent[1]->url);
    }

    public function testAFailureThatMayPassIsTriedTwiceMoreWithTheSameKey(): void
    {
        $busy = ScriptedSender::answer(503, ["code" => "busy", "detail" => "Come back soon."]);
        $sender = new ScriptedSender([$busy, $busy, ScriptedSender::answer(200, self::STAMPED)]);
        self::client($sender)->customers->stamp(42);
        $keys = array_map(static fn ($request) => $request->headers["Idempotency-Key"], $sender->sent);
        self::assertCount(3, $keys);
        self::assertCount(1, array_unique($keys));
    }

    public function testAfterThreeFailuresTheLastOneIsThrown(): void
    {
        $busy = ScriptedSender::answer(503, ["code" => "busy", "detail" => "Come back soon."], ["retry-after" => "0", "x-request-id" => "r1"]);
        $sender = new ScriptedSender([$busy, $busy, $busy]);
        try {
            self::client($sender)->customers->stamp(42);
            self::fail("It was not thrown.");
        } catch (Busy $error) {
            self::assertSame([503, "busy", "Come back soon.", "r1"], [$error->status, $error->errorCode, $error->detail, $error->requestId]);
        }
    }

    public function testARefusalIsAnErrorOfTheClassOfItsCodeAndNotTriedAgain(): void
    {
        $problem = ["code" => "stamp_too_soon", "detail" => "Wait.", "next_at" => "2026-03-02T10:00:00Z"];
        $sender = new ScriptedSender([ScriptedSender::answer(409, $problem)]);
        try {
            self::client($sender)->customers->stamp(42);
            self::fail("It was not thrown.");
        } catch (StampTooSoon $error) {
            self::assertSame("2026-03-02T10:00:00Z", $error->facts["next_at"]);
        }
        self::assertCount(1, $sender->sent);
    }

    public function testAListIsWalkedByCursor(): void
    {
        $first = ["data" => [["id" => 1]], "pagination" => ["next_cursor" => "c2", "total" => 2]];
        $second = ["data" => [["id" => 2]], "pagination" => ["next_cursor" => null]];
        $sender = new ScriptedSender([ScriptedSender::answer(200, $first), ScriptedSender::answer(200, $second)]);
        $ids = [];
        foreach (self::client($sender)->customers->list(limit: 1) as $customer) {
            $ids[] = $customer->id;
        }
        self::assertSame([1, 2], $ids);
        self::assertStringEndsWith("/v1/customers?limit=1&cursor=c2", $sender->sent[1]->url);
    }

    /** @dataProvider addresses */
    public function testABaseAddressMayBeWrittenInManyWays(string $written, string $meant): void
    {
        self::assertSame($meant, Client::baseAddress($written));
    }

    /** @return list<array{string, string}> */
    public static function addresses(): array
    {
        return [
            ["https://cards.example.com", "https://cards.example.com/v1"],
            ["https://cards.example.com/", "https://cards.example.com/v1"],
            ["https://cards.example.com/v1/", "https://cards.example.com/v1"],
            ["https://cards.example.com/api/v1", "https://cards.example.com/api/v1"],
            ["http://127.0.0.1:8000/shops", "http://127.0.0.1:8000/shops/v1"],
            ["HTTPS://cards.example.com", "https://cards.example.com/v1"],
        ];
    }

    public function testADumpShowsNoKeyAndNoSecret(): void
    {
        $sender = new ScriptedSender([ScriptedSender::answer(201, ["data" => ["id" => 1, "secret" => "whsec_hidden"]])]);
        $client = self::client($sender);
        $webhook = $client->webhooks->create("https://example.com/hook", ["stamp.added"]);
        self::assertSame("whsec_hidden", $webhook->secret);
        $dumped = print_r($client, true) . print_r($webhook, true) . var_export((array) $webhook->toArray()["id"], true);
        self::assertStringNotContainsString(self::KEY, $dumped);
        self::assertStringNotContainsString("whsec_hidden", $dumped);
    }

    public function testALineThatIsDownIsAFailedConnection(): void
    {
        $this->expectException(ConnectionFailed::class);
        (new Client(self::KEY, ["baseUrl" => "https://c.example", "sender" => new ScriptedSender([]), "retries" => 0]))->program->get();
    }
}
