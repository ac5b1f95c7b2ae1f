<?php

declare(strict_types=1);

namespace LoyaltyLoop\Tests;

use LoyaltyLoop\Client;
use LoyaltyLoop\ConnectionFailed;
use LoyaltyLoop\OfflineQueue;
use PHPUnit\Framework\TestCase;

/** The offline queue, without a network. */
final class OfflineQueueTest extends TestCase
{
    private string $path;

    protected function setUp(): void
    {
        $this->path = sys_get_temp_dir() . "/queue-" . bin2hex(random_bytes(6));
    }

    protected function tearDown(): void
    {
        @unlink($this->path);
    }

    private static function client(ScriptedSender $sender): Client
    {
        return new Client("ll_abc", ["baseUrl" => "https://c.example", "sender" => $sender, "retries" => 0]);
    }

    public function testWhatTheServerHadNoTimeForKeepsWaiting(): void
    {
        $queue = new OfflineQueue($this->path);
        $queue->add("CUS12AB34CD56", idempotencyKey: "a");
        $queue->add("42", 2, "b");
        self::assertSame(42, $queue->waiting()[1]["customer_id"]);
        $sender = new ScriptedSender([ScriptedSender::answer(200, ["data" => [["status" => 200], ["status" => 503]]])]);
        foreach ($queue->send(self::client($sender)) as [$item, $outcome]) {
            self::assertSame(["a", 200], [$item["idempotency_key"], $outcome->status]);
        }
        self::assertSame(["b"], array_column($queue->waiting(), "idempotency_key"));
    }

    public function testWhatIsAddedWhileOthersAreSentIsKept(): void
    {
        $queue = new OfflineQueue($this->path);
        $queue->add(1, idempotencyKey: "a");
        $sender = new ScriptedSender([ScriptedSender::answer(200, ["data" => [["status" => 200]]])]);
        foreach ($queue->send(self::client($sender)) as $_) {
            (new OfflineQueue($this->path))->add(2, idempotencyKey: "b");
        }
        self::assertSame(["b"], array_column($queue->waiting(), "idempotency_key"));
    }

    public function testWithoutALineEverythingWaits(): void
    {
        $queue = new OfflineQueue($this->path);
        $queue->add(1);
        try {
            iterator_to_array($queue->send(self::client(new ScriptedSender([]))));
            self::fail("It was sent.");
        } catch (ConnectionFailed) {
            self::assertCount(1, $queue->waiting());
        }
    }
}
