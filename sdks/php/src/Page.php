<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/**
 * Some rows, and where the next ones begin.
 *
 * @template M of Model
 * @implements \IteratorAggregate<int, M>
 */
final class Page implements \IteratorAggregate, \Countable
{
    /** @var list<M> */
    public readonly array $items;
    public readonly ?string $nextCursor;
    public readonly ?int $total;

    /** Where to go on at another time, for lists that grow at their end. */
    public readonly ?string $resumeCursor;

    /** @param class-string<M> $model */
    public function __construct(string $model, mixed $body)
    {
        $body = is_array($body) ? $body : [];
        $told = is_array($body["pagination"] ?? null) ? $body["pagination"] : [];
        $this->items = Model::shaped($model, $body["data"] ?? []);
        $this->nextCursor = $told["next_cursor"] ?? null;
        $this->total = $told["total"] ?? null;
        $this->resumeCursor = $body["resume_cursor"] ?? null;
    }

    public function getIterator(): \Traversable
    {
        yield from $this->items;
    }

    public function count(): int
    {
        return count($this->items);
    }
}
