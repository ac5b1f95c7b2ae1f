<?php

declare(strict_types=1);

namespace LoyaltyLoop\Tests;

use LoyaltyLoop\Events\StampAdded;
use LoyaltyLoop\InvalidSignature;
use LoyaltyLoop\Webhooks;
use PHPUnit\Framework\TestCase;

/** Webhooks: what is genuine is an event, what is not is refused. */
final class WebhooksTest extends TestCase
{
    private const SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    private const OLDER = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=";
    private const BODY = '{"type":"stamp.added","timestamp":"x","data":{"stamps_added":2,"customer":{"name":"Zoë"}}}';

    /** @return array<string, string> */
    private static function headers(string ...$secrets): array
    {
        $signatures = array_map(static fn (string $secret): string => Webhooks::sign(self::BODY, "evt_1", "1700000000", $secret), $secrets);
        return ["Webhook-Id" => "evt_1", "webhook-timestamp" => "1700000000", "WEBHOOK-SIGNATURE" => implode(" ", $signatures)];
    }

    public function testOneOfTwoSignaturesIsEnoughWhileASecretIsRotated(): void
    {
        foreach ([self::SECRET, self::OLDER] as $secret) {
            $event = Webhooks::verify(self::BODY, self::headers(self::SECRET, self::OLDER), $secret, now: 1_700_000_300);
            self::assertInstanceOf(StampAdded::class, $event);
            self::assertSame("Zoë", $event->data->customer->name);
        }
    }

    public function testWhatIsTooOldOrTooNewIsRefusedUnlessItIsTolerated(): void
    {
        foreach ([1_700_000_301, 1_699_999_699] as $now) {
            self::assertSame("evt_1", Webhooks::verify(self::BODY, self::headers(self::SECRET), self::SECRET, 600, $now)->id);
            try {
                Webhooks::verify(self::BODY, self::headers(self::SECRET), self::SECRET, now: $now);
                self::fail("It was taken.");
            } catch (InvalidSignature) {
                self::addToAssertionCount(1);
            }
        }
    }

    public function testAChangedBodyIsRefused(): void
    {
        $this->expectException(InvalidSignature::class);
        Webhooks::verify(self::BODY . " ", self::headers(self::SECRET), self::SECRET, now: 1_700_000_000);
    }
}
