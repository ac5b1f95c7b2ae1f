"""The counter: its verbs. Requests wait in `queue`, `batch_tasks` serve them, and `decide` and the core decide.

If too many wait, the next is refused at once. Closing takes no new requests and finishes waiting ones.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TypeVar, cast

from msgspec import UNSET
from msgspec.json import Decoder

from loyalty_app.clock import Clock, utc_now
from loyalty_app.contacts import checked_change, checked_phone, checked_profile
from loyalty_app.counter import answers
from loyalty_app.counter.answers import Answer, Reply
from loyalty_app.counter.batch_tasks import BatchTasks
from loyalty_app.counter.load_referrals import waiting_referral
from loyalty_app.counter.orders import (
    OF_SHOWN,
    Caller,
    ChangeProfile,
    Claim,
    CustomerRef,
    Erase,
    Expire,
    GiveBirthday,
    GiveStamp,
    GiveWinBack,
    Holder,
    Join,
    MergeCustomers,
    Order,
    ProgramStamps,
    Request,
    States,
    ThankReferrer,
    UnmergeCustomers,
    Void,
    redeem_of,
    stamp_of,
)
from loyalty_app.counter.queue import MOST_WAITING, WaitingRequests
from loyalty_app.db.engine import Database
from loyalty_app.queues.wakeups import Wakeups
from loyalty_app.shops.businesses import Business
from loyalty_core.customers import Profile, ProfileChange, ShownCode
from loyalty_core.errors import Busy
from loyalty_core.fields import TransactionId
from loyalty_core.ledger import SYSTEM
from loyalty_core.outcomes import Claimed, Erased, Expired, Merged, Redeemed, Stamped, Unmerged, Voided
from loyalty_core.referrals import Referral
from loyalty_core.rotating_codes import look_at_seal
from loyalty_core.stamping import RedeemOrder, StampOrder
from loyalty_core.views import CustomerView

Outcome = TypeVar("Outcome")

log = logging.getLogger(__name__)


CodeKeys = Callable[[int], Sequence[bytes]]
"""The keys under which a shop's rotating codes may have been made, by its id."""


def no_keys(_business_id: int) -> tuple[bytes, ...]:
    """The keys of a counter to which nobody shows a rotating code: to it none is good."""
    return ()


class Counter:
    """Writes cards. A verb returns once its changes are durable, or raises a LoyaltyError and has changed nothing.

    A `caller` is the business, the actor, and an idempotency key or None. A `customer` is an id, a code in its exact
    form, or a code as it was shown, with its seal. The answer has the outcome, its JSON as stored, and whether it is a
    replay.

    All verbs raise Busy if too many wait or the database is away, and NotOnStaff if the caller is not on the staff (any
    more). With a key, they raise IdempotencyKeyReused if it belongs to another request, and CustomerNotFound if the
    customer of the first answer was erased. Example:

        caller = Caller(business=shop, actor=till, key="order 17")
        answer = await counter.give_stamp(caller, "CUSRCJKRJNTK2", StampOrder(stamps=2))
        answer.outcome.current_stamps, answer.body, answer.replayed
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock = utc_now,
        most_waiting: int = MOST_WAITING,
        wakeups: Wakeups | None = None,
        code_keys: CodeKeys = no_keys,
    ) -> None:
        self._code_keys = code_keys
        self._database, self._clock, self.wakeups = database, clock, wakeups or Wakeups()
        """Notified when a batch leaves deliveries or due cards."""
        self._tasks = BatchTasks(
            database, WaitingRequests(most_waiting, parts=database), clock=clock, wakeups=self.wakeups
        )

    async def join(
        self,
        caller: Caller,
        profile: Profile,
        *,
        opening_stamps: int | Sequence[ProgramStamps] | None = None,
        holder: Holder | None = None,
        joined_at: datetime | None = None,
    ) -> Answer[CustomerView]:
        """Hand out a card. A person who holds one in a chat, through any bot, gets that one: nothing is created.

        `opening_stamps` and `joined_at` come from another card, which may have none; without them the card is new and
        has the head start. A number of stamps goes to the main program; else each card of several programs can have
        some. `holder` is the chat in which it hangs, and may name who brought them along. Raises CustomerExists,
        CustomerLimitReached, ProgramNotFound,
        ProgramArchived or InvalidRequest.
        """
        checked = checked_profile(profile, caller.business.country, self._today(caller))
        joined, imported = UNSET if joined_at is None else joined_at, UNSET if opening_stamps is None else True
        number = opening_stamps if isinstance(opening_stamps, int) else 0
        brought, *more = opening_stamps if isinstance(opening_stamps, Sequence) else (ProgramStamps(number),)
        order = Join(
            checked, brought.stamps, holder or UNSET, joined, imported, brought.program_id, tuple(more) or UNSET
        )
        return await self._ask(caller, order, answers.CUSTOMER)

    async def claim(
        self, caller: Caller, holder: Holder, phone: str, *, released_by: int | None = None
    ) -> Answer[Claimed]:
        """Find the card of a phone number that its holder in a chat has proven to be theirs.

        `phone` may be written as is usual in the shop's country. `released_by` is a person who holds that card and
        agrees that it leaves their chat. Raises what `claiming.claim` raises, CustomerNotFound
        if they hold no card, InvalidRequest.
        """
        released = UNSET if released_by is None else released_by
        order = Claim(holder, checked_phone(phone, caller.business.country), released)
        return await self._ask(caller, order, answers.CLAIMED)

    async def give_stamp(self, caller: Caller, customer: CustomerRef | ShownCode, stamp: StampOrder) -> Answer[Stamped]:
        """Stamp a card; `stamp` says how many (1 to 10), of which program, at which branch, for which order.

        Raises what `stamping.stamp` and `check_code` raise, CustomerNotFound, ProgramNotFound, OrderRefUsed,
        InvalidRequest for an unknown branch.
        """
        return await self._ask(caller, stamp_of(customer, stamp), answers.STAMPED)

    async def give_stamps(self, stamps: Sequence[tuple[Caller, GiveStamp]]) -> list[Answer[Stamped] | Exception]:
        """Stamp cards for which the stamps came together: each as if it had come alone, in their order.

        The orders are from `stamp_of`. What is refused or fails is an answer here: what `give_stamp` would have raised.
        """
        if not self.serving:
            return [Busy() for _ in stamps]
        if not stamps:
            return []
        replies = await self._tasks.queue.add_bundle([self._request(*stamp) for stamp in stamps]).future
        for (caller, _), reply in zip(stamps, replies, strict=True):
            if isinstance(reply, Reply) and reply.newcomer is not None:
                await self._greet(caller.business, reply.newcomer)
        return [self._answer(reply, answers.STAMPED) if isinstance(reply, Reply) else reply for reply in replies]

    async def redeem(self, caller: Caller, customer: CustomerRef | ShownCode, reward: RedeemOrder) -> Answer[Redeemed]:
        """Hand out the named reward, or the oldest.

        Raises what `rewards.choose` and `check_code` raise, CustomerNotFound.
        """
        return await self._ask(caller, redeem_of(customer, reward), answers.REDEEMED)

    async def void(
        self, caller: Caller, transaction_id: TransactionId, *, reason: str | None = None, stamps: int | None = None
    ) -> Answer[Voided]:
        """Undo a stamp or a redemption, by its entry's id, or only some of its stamps.

        Raises what `voiding.void` raises, TransactionNotFound.
        """
        order = Void(transaction_id, reason, UNSET if stamps is None else stamps)
        return await self._ask(caller, order, answers.VOIDED)

    async def change_profile(
        self, caller: Caller, customer: CustomerRef, change: ProfileChange, *, if_state: States = UNSET
    ) -> Answer[CustomerView]:
        """Change the set fields of a profile; with `if_state`, only one in such a state.

        Raises CustomerNotFound, CustomerExists, PreconditionFailed or InvalidRequest.
        """
        order = ChangeProfile(customer, checked_change(change, caller.business.country, self._today(caller)), if_state)
        return await self._ask(caller, order, answers.CUSTOMER)

    async def erase(self, caller: Caller, customer: CustomerRef, *, if_state: States = UNSET) -> Answer[Erased]:
        """Erase a customer's personal data for ever; the ledger stays, without a name.

        Raises CustomerNotFound, and PreconditionFailed if `if_state` is given and the customer is in no such state.
        """
        return await self._ask(caller, Erase(customer, if_state), answers.ERASED)

    async def merge(self, caller: Caller, customer: CustomerRef, other: CustomerRef) -> Answer[Merged]:
        """Merge the other customer into the first, who keeps their code; the other's leads to them from then on.

        Raises CustomerNotFound, MergeRefused, or InvalidRequest if they are the same.
        """
        return await self._ask(caller, MergeCustomers(customer, other), answers.MERGED)

    async def unmerge(self, caller: Caller, customer: CustomerRef, other: CustomerRef) -> Answer[Unmerged]:
        """Take a merge back within 30 days. Raises CustomerNotFound, CustomerExists, MergeRefused."""
        return await self._ask(caller, UnmergeCustomers(customer, other), answers.UNMERGED)

    async def expire(self, caller: Caller, customer: CustomerRef, reward_id: int) -> Answer[Expired | None]:
        """Book a reward as expired; the outcome is None if it is not due. Raises RewardNotFound."""
        return await self._ask(caller, Expire(customer, reward_id), answers.EXPIRED)

    async def give_birthday(self, caller: Caller, customer: CustomerRef) -> Answer[Stamped | None]:
        """Give what the shop gives for a birthday; the outcome is None if it is not due. Raises CustomerNotFound."""
        return await self._ask(caller, GiveBirthday(customer), answers.GIVEN)

    async def give_win_back(self, caller: Caller, customer: CustomerRef) -> Answer[Stamped | None]:
        """Give what the shop gives to a customer away for long; None if it is not due. Raises CustomerNotFound."""
        return await self._ask(caller, GiveWinBack(customer), answers.GIVEN)

    async def thank_referrer(self, caller: Caller, referral: Referral) -> Answer[Stamped | None]:
        """Give what the shop gives for a friend who was brought along, once the friend was there.

        The outcome is None if nothing is due, also if the referral came to its end without a gift.
        """
        return await self._ask(caller, ThankReferrer(referral.referrer_id, referral.customer_id), answers.GIVEN)

    async def _greet(self, business: Business, newcomer: int) -> None:
        """After a first visit: thank who brought them along. What fails here, the upkeep does a minute later."""
        try:
            waiting = await self._database.read(lambda connection: waiting_referral(connection, business.id, newcomer))
            if waiting is not None:
                await self.thank_referrer(Caller(business=business, actor=SYSTEM), waiting)
        except Exception as error:  # noqa: BLE001  # the stamp is durable, whatever happens here
            log.warning("who brought a friend along could not be thanked: %s", type(error).__name__)

    def _today(self, caller: Caller) -> date:
        return self._clock().astimezone(caller.business.zone).date()

    async def _ask(self, caller: Caller, order: Order, decoder: Decoder[Outcome]) -> Answer[Outcome]:
        if not self.serving:
            raise Busy
        reply = await self._tasks.queue.add(self._request(caller, order)).future
        if reply.newcomer is not None:
            await self._greet(caller.business, reply.newcomer)
        return self._answer(reply, decoder)

    def _request(self, caller: Caller, order: Order) -> Request:
        if not isinstance(order, OF_SHOWN) or order.shown is UNSET:
            return Request(caller, order)
        return Request(caller, order, look_at_seal(order.shown, self._code_keys(caller.business.id), self._clock()))

    def _answer(self, reply: Reply, decoder: Decoder[Outcome]) -> Answer[Outcome]:
        # Each order has one kind of outcome: the decider of `decide` and the verb above name the same.
        return Answer(reply.body, decoder, outcome=cast("Outcome", reply.outcome), replayed=reply.replayed)

    @property
    def serving(self) -> bool:
        """Whether requests are taken."""
        return self._tasks.serving

    def oldest_seconds(self) -> float:
        """For how long the oldest request has waited that is not answered; 0 if there is none."""
        return self._tasks.queue.oldest_seconds()

    async def close(self) -> None:
        """Take no more requests, and finish those that wait."""
        await self._tasks.close()
