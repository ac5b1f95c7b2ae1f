"""Card watch: people who look at a card are told within a second when it has changed, however many look.

The counter of this process tells it after each commit, by the customers that it has changed. What other processes
commit on PostgreSQL is seen by asking for the versions of all watched cards together, twice a second: one question for
all of them, and none while nobody looks. Nothing waits in a queue: a watcher only knows the newest version of its card,
so a slow one costs nothing. What a page shows is not known here.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from loyalty_app.card_pages.links import CardId
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import customer
from loyalty_app.queues.wakeups import ChangedCards
from loyalty_core.customers import Customer
from loyalty_core.errors import Busy, LoyaltyError

LOOK_EVERY_SECONDS = 0.5
MOST_WATCHERS, MOST_OF_A_CARD = 4_096, 8
AT_ONCE = 1_000

log = logging.getLogger(__name__)


class CardWatcher:
    """Somebody who looks at a card; the version is that of its customer."""

    def __init__(self, card: CardId) -> None:
        self.card, self.ended = card, False
        self._version = 0
        self._news = asyncio.Event()

    async def news(self, seconds: float) -> int | None:
        """Wait for the next version, so many seconds at most; None if none came. Ends at once if the watch ends."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return None
        if self.ended:
            return None
        self._news.clear()
        return self._version

    def tell(self, version: int) -> None:
        """Tell of a version, unless it is known."""
        if version > self._version:
            self._version = version
            self._news.set()

    def end(self) -> None:
        """Wake the watcher for the last time."""
        self.ended = True
        self._news.set()


class CardWatch:
    """All watchers of a process; used only on the event loop."""

    def __init__(self, database: Database, changed: ChangedCards) -> None:
        self._database = database
        self._watchers: defaultdict[int, set[CardWatcher]] = defaultdict(set)
        self._count, self._closed = 0, False
        self._looking: asyncio.Task[None] | None = None
        changed.listen(self._tell)

    def __len__(self) -> int:
        return self._count

    def watch(self, card: CardId) -> CardWatcher:
        """Begin to watch a card. Raises Busy if too many watch, or the process is about to stop."""
        theirs = self._watchers.get(card.customer_id, ())
        if self._closed or self._count >= MOST_WATCHERS or len(theirs) >= MOST_OF_A_CARD:
            raise Busy
        watcher = CardWatcher(card)
        self._watchers[card.customer_id].add(watcher)
        self._count += 1
        if self._database.writers > 1 and self._looking is None:  # SQLite is written by this process only
            self._looking = asyncio.create_task(self._look(), name="card-watch")
        return watcher

    def leave(self, watcher: CardWatcher) -> None:
        """Watch no longer; it may be called again."""
        theirs = self._watchers.get(watcher.card.customer_id)
        if theirs is None or watcher not in theirs:
            return
        theirs.remove(watcher)
        self._count -= 1
        if not theirs:
            del self._watchers[watcher.card.customer_id]

    def end(self, customer_id: int) -> None:
        """End the watching of a card: its link was revoked, or it was merged. A page that may see it begins again."""
        for watcher in self._watchers.get(customer_id, ()):
            watcher.end()

    def _tell(self, changed: Mapping[int, Customer]) -> None:
        if not self._watchers:
            return
        for number in self._watchers.keys() & changed.keys():
            if changed[number].merged_into is not None:
                self.end(number)
            self._pass_on(number, changed[number].version)

    def _pass_on(self, customer_id: int, version: int) -> None:
        for watcher in self._watchers.get(customer_id, ()):
            watcher.tell(version)

    async def _look(self) -> None:
        """See what other processes have committed, as long as somebody watches."""
        while self._watchers:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            cards = self._cards()
            for first in range(0, len(cards), AT_ONCE):
                await self._look_at(cards[first : first + AT_ONCE])
        self._looking = None

    def _cards(self) -> list[CardId]:
        return [next(iter(theirs)).card for theirs in self._watchers.values()]

    async def _look_at(self, cards: Sequence[CardId]) -> None:
        try:
            rows = await self._database.glance(lambda connection: self._rows(connection, cards))
        except LoyaltyError:
            log.info("the watched cards could not be looked at; the next try follows")
            return
        for row in rows:
            if row.merged_into is not None:
                self.end(row.id)
            self._pass_on(row.id, row.version)

    def _rows(self, connection: Connection, cards: Sequence[CardId]) -> Sequence[Row[Any]]:
        wanted = [(card.business_id, card.customer_id) for card in cards]
        return self._database.fetch(connection, customer, ("business_id", "id"), wanted)

    async def close(self) -> None:
        """End all watching at once."""
        self._closed = True
        for watcher in [watcher for theirs in self._watchers.values() for watcher in theirs]:
            watcher.end()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait((self._looking,))
