"""The line: where requests are taken out of the queue, and answered.

Whatever waits is taken, at most 128 requests, never waiting for more, and run as one batch. Where the database lets
several write at once, the next batch does not wait for the one before. If a batch as a whole fails, each of its
requests is tried alone, so that nobody suffers from another's failure. When too many wait, the next is told at once to
come back later. Stopping takes no new requests and finishes those it has.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from msgspec import UNSET
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from loyalty_app.clock import Clock, utc_now
from loyalty_app.contacts import checked_change, checked_phone, checked_profile
from loyalty_app.counter.batch import Batch, Outcome
from loyalty_app.counter.book import Versions
from loyalty_app.counter.chat_cards import Overtaken
from loyalty_app.counter.orders import (
    Answer,
    Caller,
    ChangeProfile,
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
    Void,
)
from loyalty_app.counter.queue import MOST_WAITING, Waiting, WaitingRequests
from loyalty_app.counter.telemetry import tell
from loyalty_app.db.engine import Database, will_pass
from loyalty_app.db.postgres.engine import CommitUnknown
from loyalty_app.queues.wakeups import Wakeups
from loyalty_core.customers import Profile, ProfileChange
from loyalty_core.errors import Busy, LoyaltyError
from loyalty_core.stamping import RedeemOrder, StampOrder

TRIES = 3

log = logging.getLogger(__name__)


class Counter:
    """Writes cards. Each verb answers once what it did is durable, or raises a LoyaltyError and has changed nothing."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock = utc_now,
        most_waiting: int = MOST_WAITING,
        wakeups: Wakeups | None = None,
    ) -> None:
        self._database, self._clock = database, clock
        self._queue = WaitingRequests(most_waiting)
        self._versions: Versions = {}
        self._closing = False
        self.wakeups = wakeups or Wakeups()
        """Told of deliveries and of cards in chats that a batch has left behind."""
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
        return await self._ask(caller, ChangeProfile(customer, checked_change(change, caller.business.country)))

    async def erase(self, caller: Caller, customer: CustomerRef) -> Answer:
        """Erase a customer's personal data. Raises CustomerNotFound."""
        return await self._ask(caller, Erase(customer))

    async def expire(self, caller: Caller, customer: CustomerRef, reward_id: int) -> Answer:
        """Book a reward as expired if its time is over."""
        return await self._ask(caller, Expire(customer, reward_id))

    async def _ask(self, caller: Caller, order: Order) -> Answer:
        if not self.serving:
            raise Busy
        return await self._queue.add(Request(caller, order)).future

    @property
    def serving(self) -> bool:
        """Whether requests are taken."""
        return not self._closing and not self._task.done()

    async def close(self) -> None:
        """Take no more requests, and finish those that wait."""
        self._closing = True
        self._queue.wake()
        await self._task

    async def _serve(self) -> None:
        async with asyncio.TaskGroup() as under_way:
            while self._queue or not self._closing:
                if self._queue.begin(self._database.writers):
                    under_way.create_task(self._run())
                else:
                    await self._queue.change()

    async def _run(self) -> None:
        batch: list[Waiting] = []
        try:
            outcomes = await self._attempt(batch, begun=lambda: batch.extend(self._queue.take()))
        except CommitUnknown:
            log.exception("the fate of a batch is unknown")
            outcomes = [Busy(5)] * len(batch)
        except Exception:  # whatever failed, each request gets its own try and its own answer
            batch = batch or self._queue.take()
            log.warning("a batch of %d failed, trying each alone", len(batch), exc_info=True)
            outcomes = [await self._alone(waiting) for waiting in batch]
        for waiting, outcome in zip(batch, outcomes, strict=True):
            waiting.settle(outcome)
        tell(batch, outcomes)
        await asyncio.sleep(0)  # answers go out before the next batch takes its share of the processor
        self._queue.end(batch)

    async def _attempt(
        self, batch: list[Waiting], *, begun: Callable[[], None] = lambda: None
    ) -> list[Answer | Exception]:
        """Run those who are in the batch once its transaction has begun, when `begun` is called."""

        def work(connection: Connection) -> tuple[list[Outcome], Batch]:
            running = Batch(self._database, connection, versions=self._versions, clock=self._clock)
            return running.run([waiting.request for waiting in batch]), running

        outcomes, ended = await self._database.write(work, begun=begun)
        for waiting, events in zip(batch, ended.told, strict=True):
            waiting.events = events
        if ended.deliveries:
            self.wakeups.deliveries.notify()
        if ended.due:
            self.wakeups.cards.notify()
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
