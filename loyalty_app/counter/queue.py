"""The queue: waiting requests, and the cards in running batches. It keeps two batches off one card.

A batch is filled only once its transaction has begun, so requests that arrive meanwhile are included. Measured: with 32
tills that never rest, a batch on PostgreSQL had 26 requests instead of 11. Requests whose card is in another batch, or
has to wait for somebody's lock, are stepped over, and keep their place. So the requests of a card are served in their
order.

The second of two batches begins once half as many wait as the first has, or shortly after: a batch itself costs as much
as several of its stamps. Those of one shop wait for each other's totals anyway; those of many would stay small.

A batch has requests of one shard only, if the database has several: each is committed on one machine.

Requests that came alone go first. Somebody waits at a till for each of them. Those of bundles fill what is left: few
at a time, and in one batch only, while others come alone; more if nobody does. So a single request waits for few of
them, and they always get a share. Nothing is run or written here.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from typing import TypeVar

from loyalty_app.counter.orders import Card, Request
from loyalty_app.counter.portions import Portion
from loyalty_app.counter.waiting import Bundle, Bundled, Single, Waiting
from loyalty_app.db.shards import InOnePiece, Shard, Sharded
from loyalty_app.observability import metrics
from loyalty_core.errors import Busy

MOST_IN_A_BATCH = 128
"""How many requests that came alone are served at once; how many of bundles, a `Portion` says."""
QUIET_SECONDS = 1.0
"""After so long without a request that came alone, nobody does."""
MOST_WAITING = 2_048
MOST_BUNDLED = 4 * MOST_WAITING
"""How many requests may wait that came alone, and how many in bundles, so that these leave room for those."""
MOST_STEPPED_OVER = 1_024
"""How many requests are looked at for the next that can be served."""
AT_ONCE, SLOW_SECONDS = 2, 0.25
"""How many batches run at once, in whatever parts, but those that have taken so long: more would only be smaller."""
YOUNG_SECONDS = 0.02
"""For so long a second batch waits for half as many requests as the first has: two small ones cost more than one."""
HINDERED_SECONDS = 10.0
"""How long a shop is served apart from the others, once a lock has held up a batch with its requests."""


Part = tuple[Shard | None]
"""The shard with which a batch has to do; the only one, where all lies on one machine."""
ALL: Part = (None,)
IN_ONE_PIECE = InOnePiece()


class WaitingRequests:
    """Requests in order of arrival; used only on the event loop."""

    def __init__(
        self,
        most_waiting: int = MOST_WAITING,
        *,
        parts: Sharded = IN_ONE_PIECE,
        seconds: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._most_waiting, self._seconds, self._parts = most_waiting, seconds, parts
        self._single: deque[Single] = deque()
        self._bundled: deque[Bundled] = deque()
        self._last_single = float("-inf")
        self._taken: set[Waiting] = set()
        self._changed = asyncio.Event()
        self._batches = Counter[Part]()
        self._begun: dict[Part, float] = {}
        self._alone = Counter[Part]()
        """How many requests that came alone are in the running batches."""
        self._later: asyncio.TimerHandle | None = None
        self._beginning: set[Part] = set()
        """The parts for which a batch has begun and not yet been filled; never more than one for each."""
        self._portion = Portion(seconds)
        self._cards: set[Card] = set()
        """The cards of all running batches."""
        self._apart: set[Card] = set()
        """The cards that wait for somebody's lock, each in a batch of its own."""
        self._hindered: dict[int, float] = {}
        """Shops that are served apart, and until when."""

    def __len__(self) -> int:
        return len(self._single) + len(self._bundled)

    def add(self, request: Request) -> Single:
        """Queue a request that came alone. Raises Busy if too many wait."""
        if len(self._single) >= self._most_waiting:
            raise Busy
        waiting = Single(request)
        self._last_single = waiting.began
        self._single.append(waiting)
        self._tell()
        return waiting

    def add_bundle(self, requests: Sequence[Request]) -> Bundle:
        """Queue requests that came together. Those for which there is no room are answered with Busy."""
        bundle = Bundle(requests)
        room = MOST_BUNDLED - len(self._bundled)
        self._bundled.extend(bundle.waiting[:room])
        self._tell()
        for one in bundle.waiting[room:]:
            one.settle(Busy())
        return bundle

    def _tell(self) -> None:
        metrics.waiting.set(len(self))
        self._changed.set()

    def begin(self, most: int) -> Part | None:
        """Begin a batch for a part in which the card of any request is free and fewer than `most` batches run.

        None if there is no such part.
        """
        running = self._batches.items()
        full = {part for part, batches in running if batches >= most or self._is_early(part)} | self._beginning
        if len(full) >= len(self._parts.shards) or self._quick() >= max(most, AT_ONCE):
            return None
        part = next((self._part(one) for one in self._next() if self._can_begin(one, full)), None)
        if part is not None:
            self._beginning.add(part)
            self._batches[part] += 1
            self._begun[part] = self._seconds()
        return part

    def _is_early(self, part: Part) -> bool:
        """Whether the next batch of a part should wait a moment, beside a young one that has many more requests."""
        young = self._begun[part] + YOUNG_SECONDS - self._seconds()
        if len(self._parts.shards) > 1 or 2 * len(self) >= self._alone[part] or young <= 0:
            return False
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(young, self._wake_later)
        return True

    def _wake_later(self) -> None:
        self._later = None
        self.wake()

    def _quick(self) -> int:
        """How many batches run whose part is not slow: its machine may be silent, and the others are to go on."""
        recently = self._seconds() - SLOW_SECONDS
        return sum(count for part, count in self._batches.items() if self._begun[part] > recently)

    def _can_begin(self, waiting: Waiting, full: set[Part]) -> bool:
        return not self._is_stepped_over(waiting) and self._part(waiting) not in full

    def _part(self, waiting: Waiting) -> Part:
        return (self._parts.shard_of(waiting.request.business_id),)

    def _next(self) -> Iterable[Waiting]:
        bundled = () if self._bundles_wait() else islice(self._bundled, MOST_STEPPED_OVER)
        return chain(islice(self._single, MOST_STEPPED_OVER), bundled)

    def _is_quiet(self) -> bool:
        return self._seconds() - self._last_single > QUIET_SECONDS

    def _bundles_wait(self) -> bool:
        """Whether bundles wait for a running batch of theirs, so that another is there for single requests."""
        return self._portion.under_way > 0 and not self._is_quiet()

    def take(self, part: Part = ALL) -> list[Waiting]:
        """Fill the batch that has begun for a part with requests whose cards are in no running batch.

        So each card is in one batch only, and its requests are served in order of arrival.
        """
        several = len(self._parts.shards) > 1
        batch = self._take(lambda one: self._is_stepped_over(one) or (several and self._part(one) != part))
        self._cards |= _cards(batch)
        if _has_bundled(batch):
            self._portion.begin(quiet=self._is_quiet())
        self._alone[part] += _came_alone(batch)
        self._beginning.discard(part)
        self._changed.set()
        return batch

    def take_hindered(self) -> list[Waiting]:
        """The requests of one hindered shop whose cards are free, for a batch apart; none if there are none."""
        now = self._seconds()
        self._hindered = {shop: until for shop, until in self._hindered.items() if until > now}
        if not self._hindered:
            return []
        shops = (waiting.request.business_id for waiting in self._next())
        shop = next((shop for shop in shops if shop in self._hindered), None)
        if shop is None:
            return []
        batch = self._take(lambda one: one.request.business_id != shop or self._is_busy(one))
        self._apart |= _cards(batch)
        return batch

    def _take(self, is_stepped_over: Callable[[Waiting], bool]) -> list[Waiting]:
        single = _taken_from(self._single, MOST_IN_A_BATCH, is_stepped_over)
        most = 0 if self._bundles_wait() else self._portion.most(quiet=self._is_quiet())
        bundled = _taken_from(self._bundled, most, is_stepped_over)
        batch = [*single, *bundled]
        self._taken.update(batch)
        metrics.waiting.set(len(self))
        return batch

    def end(self, served: Iterable[Waiting], *, part: Part = ALL, apart: Iterable[Waiting] = ()) -> None:
        """End a batch, whatever its result. Those `apart` are not served yet: they wait for somebody's lock."""
        done, waiting = list(served), list(apart)
        self._alone[part] -= _came_alone([*done, *waiting])
        self._batches[part] -= 1
        if not self._batches[part]:
            del self._batches[part]
        self._cards -= _cards(done) | _cards(waiting)
        if _has_bundled([*done, *waiting]):
            self._portion.end()
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
        first = chain(self._taken, islice(self._single, 1), islice(self._bundled, 1))
        waiting = min((one.began for one in first), default=None)
        return 0.0 if waiting is None else self._seconds() - waiting

    def late(self, seconds: float) -> list[Waiting]:
        """Take those out that have waited so long and were not begun."""
        before = self._seconds() - seconds
        late = [one for one in chain(self._single, self._bundled) if one.began < before]
        if late:
            self._single = deque(one for one in self._single if one.began >= before)
            self._bundled = deque(one for one in self._bundled if one.began >= before)
            self._tell()
        return late

    def taken_too_long(self, seconds: float) -> list[Waiting]:
        """Those in running batches that have waited so long."""
        before = self._seconds() - seconds
        return [one for one in self._taken if one.began < before and not one.answered]

    async def change(self) -> None:
        """Wait until anything changes here."""
        self._changed.clear()
        await self._changed.wait()

    def wake(self) -> None:
        """Wake everything that waits for a change."""
        self._changed.set()

    def _is_stepped_over(self, waiting: Waiting) -> bool:
        return self._is_busy(waiting) or waiting.request.business_id in self._hindered

    def _is_busy(self, waiting: Waiting) -> bool:
        """Whether the card is in a running batch, or waits for somebody's lock."""
        card = waiting.request.card
        return card in self._cards or card in self._apart


Kind = TypeVar("Kind", Single, Bundled)


def _taken_from(line: deque[Kind], most: int, is_stepped_over: Callable[[Waiting], bool]) -> list[Kind]:
    """Take the first `most` requests out of a line, but those that are stepped over, which keep their places."""
    taken: list[Kind] = []
    passed: list[Kind] = []
    while line and len(taken) < most and len(passed) < MOST_STEPPED_OVER:
        (passed if is_stepped_over(line[0]) else taken).append(line.popleft())
    line.extendleft(reversed(passed))
    return taken


def _came_alone(batch: Iterable[Waiting]) -> int:
    return sum(isinstance(waiting, Single) for waiting in batch)


def _has_bundled(batch: Iterable[Waiting]) -> bool:
    return any(isinstance(waiting, Bundled) for waiting in batch)


def _cards(batch: Iterable[Waiting]) -> set[Card]:
    return {card for waiting in batch if (card := waiting.request.card) is not None}
