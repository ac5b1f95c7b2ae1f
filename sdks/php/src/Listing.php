<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/**
 * All rows of a list, fetched page by page by cursor while somebody iterates: `foreach ($client->customers->list() as ...)`.
 *
 * @template M of Model
 * @implements \IteratorAggregate<int, M>
 */
final class Listing implements \IteratorAggregate
{
    /** @param class-string<M> $model */
    public function __construct(
        private readonly string $model,
        private readonly Line $line,
        private readonly Call $call,
    ) {
    }

    /**
     * One page: the first, or that at a cursor.
     *
     * @return Page<M>
     * @throws LoyaltyLoopError
     */
    public function page(?string $cursor = null): Page
    {
        return new Page($this->model, $this->line->send($this->call->at($cursor))->json());
    }

    /**
     * @return \Generator<int, Page<M>>
     * @throws LoyaltyLoopError
     */
    public function pages(): \Generator
    {
        $page = $this->page();
        yield $page;
        while ($page->nextCursor !== null) {
            $page = $this->page($page->nextCursor);
            yield $page;
        }
    }

    public function getIterator(): \Generator
    {
        foreach ($this->pages() as $page) {
            foreach ($page->items as $one) {
                yield $one;
            }
        }
    }
}
