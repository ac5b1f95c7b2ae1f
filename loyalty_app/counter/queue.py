"""The queue: who waits for their turn, and whose cards are under way. Nothing is run or written here.

A batch begins first and is filled once its transaction has begun: who comes in between is served along. What was paid
for: with 32 tills that never rest, a batch on PostgreSQL had 26 requests instead of 11.
"""

import asyncio
from collections import deque

from loyalty_app.counter.orders import Answer, Card, Request
from loyalty_app.counter.telemetry import PendingRequest
from loyalty_app.observability import metrics
from loyalty_core.errors import Busy

MOST_IN_A_BATCH = 128
MOST_WAITING = 2_048


class Waiting(PendingRequest):
    """A request and the future that its answer goes to."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def settle(self, outcome: Answer | Exception) -> None:
        """Answer, unless the asker has gone away meanwhile."""
        if self.future.done():
            return
        if isinstance(outcome, Answer):
            self.future.set_result(outcome)
        else:
            self.future.set_exception(outcome)


class WaitingRequests:
    """Requests in the order in which they came; used on the event loop alone."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._line: deque[Waiting] = deque()
        self._changed = asyncio.Event()
        self._batches = 0
        self._beginning = False
        """Whether one of the batches has not taken anybody yet; there is never more than one."""
        self._cards: set[Card] = set()
        """The cards of the batches that are under way."""

    def __len__(self) -> int:
        return len(self._line)

    def add(self, request: Request) -> Waiting:
        """Let a request wait. Raises Busy if too many do already."""
        if len(self._line) >= self._most_waiting:
            raise Busy
        waiting = Waiting(request)
        self._line.append(waiting)
        metrics.waiting.set(len(self._line))
        self._changed.set()
        return waiting

    def begin(self, most: int) -> bool:
        """Begin a batch, if somebody waits whose card is not under way, and fewer than `most` batches are."""
        if self._beginning or self._batches >= most or not self._line or self._is_under_way(self._line[0]):
            return False
        self._beginning, self._batches = True, self._batches + 1
        return True

    def take(self) -> list[Waiting]:
        """Who the batch that has begun serves: all who wait, up to the first whose card is under way already.

        So that each card is in one batch only, and its requests are served in the order in which they came.
        """
        batch: list[Waiting] = []
        while self._line and len(batch) < MOST_IN_A_BATCH and not self._is_under_way(self._line[0]):
            batch.append(self._line.popleft())
        self._cards |= _cards(batch)
        self._beginning = False
        metrics.waiting.set(len(self._line))
        self._changed.set()
        return batch

    def end(self, batch: list[Waiting]) -> None:
        """A batch is over, however it went."""
        self._batches -= 1
        self._cards -= _cards(batch)
        self._changed.set()

    async def change(self) -> None:
        """Wait until something has happened here."""
        self._changed.clear()
        await self._changed.wait()

    def wake(self) -> None:
        """Wake whoever waits for a change."""
        self._changed.set()

    def _is_under_way(self, waiting: Waiting) -> bool:
        return waiting.request.card in self._cards


def _cards(batch: list[Waiting]) -> set[Card]:
    return {card for waiting in batch if (card := waiting.request.card) is not None}
