<?php

declare(strict_types=1);

namespace LoyaltyLoop\Tests;

use LoyaltyLoop\Client;
use LoyaltyLoop\ConnectionFailed;
use LoyaltyLoop\Errors\CustomerNotFound;
use LoyaltyLoop\Psr18Sender;
use Nyholm\Psr7\Factory\Psr17Factory;
use PHPUnit\Framework\TestCase;
use Psr\Http\Client\ClientInterface;
use Symfony\Component\HttpClient\HttpClient;
use Symfony\Component\HttpClient\Psr18Client;

/** A PSR-18 client of somebody else sends, to the server at API with the key KEY. */
final class Psr18SenderTest extends TestCase
{
    /** @return array{ClientInterface, Psr17Factory} */
    private function theirs(): array
    {
        if (!class_exists(Psr18Client::class) || !class_exists(Psr17Factory::class)) {
            self::markTestSkipped("There is no PSR-18 client: apt-get install php-symfony-http-client php-psr-http-client php-nyholm-psr7");
        }
        $messages = new Psr17Factory();
        return [new Psr18Client(HttpClient::create(["timeout" => 20]), $messages, $messages), $messages];
    }

    private function client(string $baseUrl): Client
    {
        [$client, $messages] = $this->theirs();
        $sender = new Psr18Sender($client, $messages, $messages);
        return new Client((string) getenv("KEY"), ["baseUrl" => $baseUrl, "sender" => $sender, "retries" => 0]);
    }

    public function testACustomerIsMadeStampedReadAndErased(): void
    {
        $client = $this->client((string) getenv("API"));
        $zoe = $client->customers->create("Zoë", (string) getenv("PHONE"));
        self::assertSame(2, $client->customers->stamp($zoe->qrCode, stamps: 2)->currentStamps);
        self::assertSame("Zoë", $client->customers->get($zoe->id)->name);
        self::assertStringStartsWith("\x89PNG", $client->customers->card($zoe->qrCode));
        $client->customers->delete($zoe->qrCode);
        $this->expectException(CustomerNotFound::class);
        $client->customers->get($zoe->id);
    }

    public function testALineThatIsDownIsAFailedConnection(): void
    {
        $this->expectException(ConnectionFailed::class);
        $this->client("http://127.0.0.1:9")->program->get();
    }
}
