<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/**
 * The offline queue: stamps made without a network are kept in a file, with their time, and sent as batches later.
 *
 * Each line of the file is a stamp, or says that one is settled; a line that a crash cut off is left out. Several processes
 * may share a file: it is locked while one writes.
 */
final class OfflineQueue
{
    /** Items of a batch: far below the largest body, and cheap where little of the hourly limit is left. */
    private const AT_ONCE = 100;
    /** What a stamp may carry besides: as stamp() names it, and as it is sent. */
    private const CARRIED = [
        "branchId" => "branch_id",
        "orderRef" => "order_ref",
        "programId" => "program_id",
        "occurredAt" => "occurred_at",
    ];
    /** An older stamp is too old for the server too, and never becomes right: 7 days. */
    private const OLDEST_SECONDS = 604_800;

    public function __construct(private readonly string $path)
    {
    }

    /**
     * Keep a stamp, on the disk when this returns. Give the idempotency key with which it was tried, if it was.
     *
     * @param array<string, mixed> $more what a stamp may carry, named as below or as it is sent
     * @param mixed ...$named the same, named as stamp() does: branchId, orderRef, programId, occurredAt
     * @return array<string, mixed>
     * @throws \ValueError the customer is empty, or a stamp carries no such thing
     */
    public function add(
        int|string $customer,
        int $stamps = 1,
        ?string $idempotencyKey = null,
        array $more = [],
        mixed ...$named,
    ): array {
        $text = Call::name($customer);
        $who = ctype_digit($text) ? ["customer_id" => (int) $text] : ["qr_code" => $text];
        $more = self::carried([...$more, ...$named]);
        $key = $idempotencyKey ?? (new Call("POST", ""))->key;
        $at = (new \DateTimeImmutable("now", new \DateTimeZone("UTC")))->format("Y-m-d\\TH:i:s.v\\Z");
        $item = ["idempotency_key" => $key, ...$who, "stamps" => $stamps, "occurred_at" => $at, ...$more];
        $this->append([["stamp" => $item]]);
        return $item;
    }

    /**
     * @param array<int|string, mixed> $given
     * @return array<string, mixed> the same, named as it is sent
     */
    private static function carried(array $given): array
    {
        $more = [];
        foreach ($given as $name => $value) {
            $sent = self::CARRIED[$name] ?? $name;
            if (!in_array($sent, self::CARRIED, true)) {
                throw new \ValueError("A stamp has no $name. It may carry " . implode(", ", array_keys(self::CARRIED)) . ".");
            }
            $more[$sent] = Call::sent($value);
        }
        return $more;
    }

    /** @return list<array<string, mixed>> what waits, the oldest first */
    public function waiting(): array
    {
        $found = [];
        foreach ($this->lines() as $line) {
            if (isset($line["stamp"])) {
                $found[$line["stamp"]["idempotency_key"]] = $line["stamp"];
            }
            unset($found[$line["settled"] ?? ""]);
        }
        return array_values($found);
    }

    /**
     * Send what waits; give each [item, outcome], once that is on the disk.
     *
     * A stamp that the server refused is settled too: its outcome carries the problem. One that the server had no time for
     * keeps waiting, and so does one whose time lies ahead of the server's, because the clock of the till is fast.
     *
     * @return \Generator<int, array{array<string, mixed>, Model}>
     */
    public function send(Client $client): \Generator
    {
        foreach (array_chunk($this->waiting(), self::AT_ONCE) as $part) {
            $outcomes = $client->stamps->batch($part);
            $settled = [];
            foreach ($part as $place => $item) {
                if (!self::waits($item, $outcomes[$place])) {
                    $settled[] = [$item, $outcomes[$place]];
                }
            }
            $this->append(array_map(static fn (array $pair): array => ["settled" => $pair[0]["idempotency_key"]], $settled));
            yield from $settled;
        }
        $this->forget();
    }

    /**
     * Whether a stamp is sent again: nothing was decided about it, or its time has not come by the server's clock.
     *
     * Only one that is refused for its time, and is not too old, can be ahead. It becomes right with time.
     *
     * @param array<string, mixed> $item
     */
    private static function waits(array $item, Model $outcome): bool
    {
        if ($outcome->status >= 500) {
            return true;
        }
        $wrong = array_unique(array_column($outcome->toArray()["problem"]["errors"] ?? [], "pointer"));
        $at = is_string($item["occurred_at"] ?? null) ? strtotime($item["occurred_at"]) : false;
        return $wrong === ["/occurred_at"] && $at !== false && time() - $at <= self::OLDEST_SECONDS;
    }

    /** Remove the file if nothing waits, while nobody else can write to it. */
    private function forget(): void
    {
        $file = $this->locked();
        if ($this->waiting() === []) {
            unlink($this->path);
        }
        fclose($file);
    }

    /** @return resource the file, locked: it is the one at the path, and nobody has removed it while we waited for it */
    private function locked()
    {
        while (true) {
            $file = fopen($this->path, "c+b") ?: throw new \RuntimeException("$this->path cannot be written.");
            flock($file, LOCK_EX);
            clearstatcache(true, $this->path);
            if (is_file($this->path) && fstat($file)["ino"] === fileinode($this->path)) {
                return $file;
            }
            fclose($file);
        }
    }

    /** @param list<array<string, mixed>> $lines */
    private function append(array $lines): void
    {
        $file = $this->locked();
        fseek($file, -1, SEEK_END);
        $last = fread($file, 1);
        fseek($file, 0, SEEK_END);
        $text = implode("", array_map(static fn (array $line): string => json_encode($line, JSON_THROW_ON_ERROR) . "\n", $lines));
        fwrite($file, ($last === "" || $last === false || $last === "\n" ? "" : "\n") . $text);
        fflush($file);
        fsync($file);
        fclose($file);
    }

    /** @return \Generator<int, array<string, mixed>> */
    private function lines(): \Generator
    {
        foreach (is_file($this->path) ? explode("\n", (string) file_get_contents($this->path)) : [] as $line) {
            $told = json_decode($line, true);
            if (is_array($told)) {
                yield $told;
            }
        }
    }
}
