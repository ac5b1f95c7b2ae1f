"""The line: where requests wait until they are taken, and are answered.

Whatever waits is taken, at most 128 requests, never waiting for more, and run as one batch. Where the database lets
several write at once, the next batch does not wait for the one before. If a batch as a whole fails, each of its
requests is tried alone, so that nobody suffers from another's failure. When too many wait, the next is told at once to
come back later. Stopping takes no new requests and finishes those it has.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from msgspec import UNSET
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from loyalty_app.contacts import checked_change, checked_phone, checked_profile
from loyalty_app.counter.batch import Batch, Outcome
from loyalty_app.counter.book import Versions
from loyalty_app.counter.holdings import Overtaken
from loyalty_app.counter.requests import (
    Answer,
    Caller,
    Card,
    Claim,
    CustomerRef,
    Erase,
    Expire,
    GiveStamp,
    Holder,
    Join,
    Order,
    Redeem,
    Request,
    Update,
    Void,
)
from loyalty_app.counter.telling import Asked, tell
from loyalty_app.db.engine import Database, will_pass
from loyalty_app.db.postgres import CommitUnknown
from loyalty_app.watch import figures
from loyalty_core.customers import Profile, ProfileChange
from loyalty_core.errors import Busy, LoyaltyError
from loyalty_core.stamping import RedeemOrder, StampOrder

MOST_IN_A_BATCH = 128
MOST_WAITING = 2_048
TRIES = 3

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The clock of the counter, unless a test brings its own."""
    return datetime.now(UTC)


class Waiting(Asked):
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


class Counter:
    """Writes cards. Each verb answers once what it did is durable, or raises a LoyaltyError and has changed nothing."""

    def __init__(
        self, database: Database, *, clock: Callable[[], datetime] = utc_now, most_waiting: int = MOST_WAITING
    ) -> None:
        self._database, self._clock, self._most_waiting = database, clock, most_waiting
        self._line: deque[Waiting] = deque()
        self._changed = asyncio.Event()
        self._batches = 0
        self._cards: set[Card] = set()
        """The cards of the batches that are under way."""
        self._versions: Versions = {}
        self._closing = False
        self.when_queued: Callable[[], None] = lambda: None
        """Called when a batch has left deliveries in the outbox; who delivers sets it."""
        self.when_due: Callable[[], None] = lambda: None
        """Called when a batch has changed cards that hang in chats; who shows them sets it."""
        self._task = asyncio.create_task(self._serve(), name="counter")

    async def join(
        self,
        caller: Caller,
        profile: Profile,
        *,
        opening_stamps: int = 0,
        holder: Holder | None = None,
        joined_at: datetime | None = None,
    ) -> Answer:
        """Hand out a card. Who holds one in a chat already, through any bot, is shown that one: nothing new is made.

        Who comes from another card brings its stamps along, and the day on which they joined there.

        Raises CustomerExists, CustomerLimitReached or InvalidRequest.
        """
        checked = checked_profile(profile, caller.business.country)
        order = Join(checked, opening_stamps, holder or UNSET, UNSET if joined_at is None else joined_at)
        return await self._ask(caller, order)

    async def claim(self, caller: Caller, holder: Holder, phone: str) -> Answer:
        """Find the card of a phone number, which its holder in a chat has proven to be theirs.

        Raises what `claiming.claim` raises, CustomerNotFound if they hold no card, InvalidRequest.
        """
        return await self._ask(caller, Claim(holder, checked_phone(phone, caller.business.country)))

    async def give_stamp(self, caller: Caller, customer: CustomerRef, order: StampOrder) -> Answer:
        """Stamp a card. Raises what `stamping.stamp` raises, CustomerNotFound, OrderRefUsed."""
        return await self._ask(caller, GiveStamp(customer, order))

    async def redeem(self, caller: Caller, customer: CustomerRef, order: RedeemOrder) -> Answer:
        """Hand out a reward. Raises what `rewards.choose` raises, CustomerNotFound."""
        return await self._ask(caller, Redeem(customer, order))

    async def void(self, caller: Caller, transaction_id: int, *, reason: str | None = None) -> Answer:
        """Undo a stamp or a redemption. Raises AlreadyVoided, VoidRefused, TransactionNotFound."""
        return await self._ask(caller, Void(transaction_id, reason))

    async def update(self, caller: Caller, customer: CustomerRef, change: ProfileChange) -> Answer:
        """Change a profile. Raises CustomerNotFound, CustomerExists or InvalidRequest."""
        return await self._ask(caller, Update(customer, checked_change(change, caller.business.country)))

    async def erase(self, caller: Caller, customer: CustomerRef) -> Answer:
        """Erase a customer's personal data. Raises CustomerNotFound."""
        return await self._ask(caller, Erase(customer))

    async def expire(self, caller: Caller, customer: CustomerRef, reward_id: int) -> Answer:
        """Book a reward as expired if its time is over."""
        return await self._ask(caller, Expire(customer, reward_id))

    async def _ask(self, caller: Caller, order: Order) -> Answer:
        if not self.serving or len(self._line) >= self._most_waiting:
            raise Busy
        waiting = Waiting(Request(caller, order))
        self._line.append(waiting)
        figures.waiting.set(len(self._line))
        self._changed.set()
        return await waiting.future

    @property
    def serving(self) -> bool:
        """Whether requests are taken."""
        return not self._closing and not self._task.done()

    async def close(self) -> None:
        """Take no more requests, and finish those that wait."""
        self._closing = True
        self._changed.set()
        await self._task

    async def _serve(self) -> None:
        async with asyncio.TaskGroup() as under_way:
            while self._line or not self._closing:
                if batch := self._next_batch():
                    cards = {card for waiting in batch if (card := waiting.request.card) is not None}
                    self._batches, self._cards = self._batches + 1, self._cards | cards
                    under_way.create_task(self._run(batch)).add_done_callback(partial(self._end, cards))
                else:
                    self._changed.clear()
                    await self._changed.wait()

    def _next_batch(self) -> list[Waiting]:
        """Who is served next, if there is room: all who wait, up to the first whose card is under way already.

        So that each card is in one batch only, and its requests are served in the order in which they came.
        """
        batch: list[Waiting] = []
        if self._batches < self._database.writers:
            while self._line and len(batch) < MOST_IN_A_BATCH and self._line[0].request.card not in self._cards:
                batch.append(self._line.popleft())
            figures.waiting.set(len(self._line))
        return batch

    def _end(self, cards: set[Card], _task: object) -> None:
        self._batches, self._cards = self._batches - 1, self._cards - cards
        self._changed.set()

    async def _run(self, batch: list[Waiting]) -> None:
        try:
            outcomes = await self._attempt(batch)
        except CommitUnknown:
            log.exception("the fate of a batch is unknown")
            outcomes = [Busy(5)] * len(batch)
        except Exception:  # whatever failed, each request gets its own try and its own answer
            log.warning("a batch of %d failed, trying each alone", len(batch), exc_info=True)
            outcomes = [await self._alone(waiting) for waiting in batch]
        for waiting, outcome in zip(batch, outcomes, strict=True):
            waiting.settle(outcome)
        tell(batch, outcomes)

    async def _attempt(self, batch: list[Waiting]) -> list[Answer | Exception]:
        requests = [waiting.request for waiting in batch]

        def work(connection: Connection) -> tuple[list[Outcome], Batch]:
            running = Batch(self._database, connection, versions=self._versions, clock=self._clock)
            return running.run(requests), running

        outcomes, ended = await self._database.write(work)
        for waiting, events in zip(batch, ended.told, strict=True):
            waiting.events = events
        if ended.deliveries:
            self.when_queued()
        if ended.due:
            self.when_due()
        return list(outcomes)

    async def _alone(self, waiting: Waiting) -> Answer | Exception:
        """Try one request by itself; a lost race (a phone number, a key) is decided anew, against what won it."""
        failure: Exception = Busy(5)
        for _ in range(TRIES):
            try:
                return (await self._attempt([waiting]))[0]
            except (IntegrityError, Overtaken) as error:
                failure = error
            except LoyaltyError as refusal:
                return refusal
            except Exception as error:
                if will_pass(error):
                    log.exception("the database did not take a request")
                    return Busy(5)
                log.exception("a request failed")
                return error
        return failure
