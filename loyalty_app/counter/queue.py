"""The queue: waiting requests, and the cards in running batches. It keeps two batches off one card.

A batch is filled only once its transaction has begun, so requests that arrive meanwhile are included. Measured: with 32
tills that never rest, a batch on PostgreSQL had 26 requests instead of 11. A batch ends before the first request whose
card is in another one, which takes milliseconds. Requests that have to wait for somebody's lock are stepped over, and
keep their place. Nothing is run or written here.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice

from loyalty_app.counter.answers import Reply
from loyalty_app.counter.orders import Card, Request
from loyalty_app.counter.telemetry import PendingRequest
from loyalty_app.observability import metrics
from loyalty_core.errors import Busy

MOST_IN_A_BATCH = 128
MOST_WAITING = 2_048
MOST_STEPPED_OVER = 512
"""How many requests are looked at for the next that can be served."""
HINDERED_SECONDS = 10.0
"""How long a shop is served apart from the others, once a lock has held up a batch with its requests."""


class Waiting(PendingRequest):
    """A request and the future for its reply."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

    def settle(self, reply: Reply | Exception) -> None:
        """Answer, unless the caller has gone."""
        if self.future.done():
            return
        if isinstance(reply, Reply):
            self.future.set_result(reply)
        else:
            self.future.set_exception(reply)


class WaitingRequests:
    """Requests in order of arrival; used only on the event loop."""

    def __init__(self, most_waiting: int = MOST_WAITING, *, seconds: Callable[[], float] = time.perf_counter) -> None:
        self._most_waiting, self._seconds = most_waiting, seconds
        self._waiting: deque[Waiting] = deque()
        self._taken: set[Waiting] = set()
        self._changed = asyncio.Event()
        self._batches = 0
        self._beginning = False
        """Whether a batch has begun and not yet been filled; there is never more than one."""
        self._cards: set[Card] = set()
        """The cards of all running batches."""
        self._apart: set[Card] = set()
        """The cards that wait for somebody's lock, each in a batch of its own."""
        self._hindered: dict[int, float] = {}
        """Shops that are served apart, and until when."""

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, request: Request) -> Waiting:
        """Queue a request. Raises Busy if too many wait."""
        if len(self._waiting) >= self._most_waiting:
            raise Busy
        waiting = Waiting(request)
        self._waiting.append(waiting)
        metrics.waiting.set(len(self._waiting))
        self._changed.set()
        return waiting

    def begin(self, most: int) -> bool:
        """Begin a batch, if the next request's card is free and fewer than `most` batches run; False otherwise."""
        if self._beginning or self._batches >= most or not self._waiting or not self._next_is_free():
            return False
        self._beginning, self._batches = True, self._batches + 1
        return True

    def _next_is_free(self) -> bool:
        for waiting in islice(self._waiting, MOST_STEPPED_OVER):
            if not self._is_stepped_over(waiting):
                return waiting.request.card not in self._cards
        return False

    def take(self) -> list[Waiting]:
        """Fill the batch that has begun: take waiting requests up to the first whose card is in a running batch.

        So each card is in one batch only, and its requests are served in order of arrival.
        """
        batch = self._take(self._is_stepped_over)
        self._cards |= _cards(batch)
        self._beginning = False
        self._changed.set()
        return batch

    def take_hindered(self) -> list[Waiting]:
        """The requests of one hindered shop whose cards are free, for a batch apart; none if there are none."""
        now = self._seconds()
        self._hindered = {shop: until for shop, until in self._hindered.items() if until > now}
        if not self._hindered:
            return []
        shops = (waiting.request.business_id for waiting in islice(self._waiting, MOST_STEPPED_OVER))
        shop = next((shop for shop in shops if shop in self._hindered), None)
        if shop is None:
            return []
        batch = self._take(lambda one: one.request.business_id != shop or one.request.card in self._apart)
        self._apart |= _cards(batch)
        return batch

    def _take(self, is_stepped_over: Callable[[Waiting], bool]) -> list[Waiting]:
        batch: list[Waiting] = []
        passed: list[Waiting] = []
        while self._waiting and len(batch) < MOST_IN_A_BATCH and len(passed) < MOST_STEPPED_OVER:
            if is_stepped_over(self._waiting[0]):
                passed.append(self._waiting.popleft())
            elif self._waiting[0].request.card in self._cards:
                break
            else:
                batch.append(self._waiting.popleft())
        self._waiting.extendleft(reversed(passed))
        self._taken.update(batch)
        metrics.waiting.set(len(self._waiting))
        return batch

    def end(self, served: Iterable[Waiting], *, apart: Iterable[Waiting] = ()) -> None:
        """End a batch, whatever its result. Those `apart` are not served yet: they wait for somebody's lock."""
        self._batches -= 1
        done, waiting = list(served), list(apart)
        self._cards -= _cards(done) | _cards(waiting)
        self._apart |= _cards(waiting)
        self._taken.difference_update(done)
        self._changed.set()

    def release(self, served: Iterable[Waiting]) -> None:
        """Free the cards of requests that were served apart."""
        done = list(served)
        self._apart -= _cards(done)
        self._taken.difference_update(done)
        self._changed.set()

    def hinder(self, shops: Iterable[int]) -> None:
        """Serve these shops apart from the others for a while: a lock holds up what they need."""
        self._hindered.update(dict.fromkeys(shops, self._seconds() + HINDERED_SECONDS))

    def oldest_seconds(self) -> float:
        """For how long the oldest request has waited that is not answered; 0 if there is none."""
        waiting = min((one.began for one in (*self._taken, *islice(self._waiting, 1))), default=None)
        return 0.0 if waiting is None else self._seconds() - waiting

    def late(self, seconds: float) -> list[Waiting]:
        """Take those out that have waited so long and were not begun."""
        before = self._seconds() - seconds
        late = [one for one in self._waiting if one.began < before]
        if late:
            self._waiting = deque(one for one in self._waiting if one.began >= before)
            metrics.waiting.set(len(self._waiting))
            self._changed.set()
        return late

    def taken_too_long(self, seconds: float) -> list[Waiting]:
        """Those in running batches that have waited so long."""
        before = self._seconds() - seconds
        return [one for one in self._taken if one.began < before and not one.future.done()]

    async def change(self) -> None:
        """Wait until anything changes here."""
        self._changed.clear()
        await self._changed.wait()

    def wake(self) -> None:
        """Wake everything that waits for a change."""
        self._changed.set()

    def _is_stepped_over(self, waiting: Waiting) -> bool:
        return waiting.request.card in self._apart or waiting.request.business_id in self._hindered


def _cards(batch: Iterable[Waiting]) -> set[Card]:
    return {card for waiting in batch if (card := waiting.request.card) is not None}
