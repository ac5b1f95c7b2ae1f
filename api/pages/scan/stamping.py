"""Stamping: what the scanner asks of the counter: stamps, a reward to hand out, an entry to undo.

Each comes with the key that the page made before its first try, and is done once, however often it is sent. The page
gets the first name, the stamps and the rewards that wait, as staff do in the chat, and nothing more.
"""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse
from msgspec import UNSET, Meta, UnsetType

from api.auth import IDEMPOTENCY_KEY
from api.messages import AppRequest, data_response, runtime_of
from api.pages.scan.shift import position_of
from api.pages.scan.told import IN_WORDS
from api.parsing import read_body
from loyalty_app.counter import Caller
from loyalty_app.counter.orders import page_key
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.customers.staff_view import look_at
from loyalty_app.shops.links import shown_in
from loyalty_app.shops.staff import Position
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_core.customers import ShownCode
from loyalty_core.errors import CustomerNotFound, InvalidRequest
from loyalty_core.fields import CustomerId, Id, Stamps, TransactionId
from loyalty_core.stamping import EARLIEST, RedeemOrder, StampOrder
from loyalty_core.views import CustomerView

LONGEST_CODE = 2_000
"""A QR code holds no more of our links, however they were wrapped."""
AT_ONCE_SECONDS = 10
"""A scan that has not waited for longer counts as given when it arrives."""
NO_CODE = "must be the code of a customer, or the link on their card"

CodeText = Annotated[str, Meta(min_length=1, max_length=LONGEST_CODE, description="a code as it was scanned")]
Waited = Annotated[int, Meta(ge=0, le=2**31, description="for how many seconds the scan has waited")]


class ScanOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A card that was scanned, or a customer who was found, and how many stamps they get.

    `waited_seconds` is for how long the phone could not send it: not its clock, which may be wrong.
    """

    code: CodeText | None = None
    customer_id: Id | None = None
    stamps: Stamps = 1
    branch_id: Id | None = None
    waited_seconds: Waited = 0


class HandOutOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reward to hand out, and the code that was scanned: without one, the customer was found by hand."""

    customer_id: Id
    reward_id: Id
    code: CodeText | None = None


class UndoOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entry to undo."""

    transaction_id: Id


class SeenReward(msgspec.Struct, frozen=True):
    """A reward that can be handed out."""

    id: int
    description: str


class SeenCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """What staff see of a customer after an act; the name is empty if nothing of it can be seen."""

    customer_id: int
    name: str
    stamps: int
    goal: int
    rewards: tuple[SeenReward, ...]


class ScanDone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was done: the entry of the ledger, and the customer as they are now.

    `added` and `dropped` are stamps, `earned` the rewards of this scan, `handed_out` the reward that was given.
    """

    transaction_id: int
    customer: SeenCustomer
    replayed: bool = False
    added: int = 0
    dropped: int = 0
    earned: tuple[SeenReward, ...] = ()
    handed_out: SeenReward | UnsetType = UNSET


async def caller_on(request: AppRequest, person: PagePerson) -> Caller:
    """The person as a caller of the counter, with the key of what they do. Raises NotOnStaff, InvalidRequest."""
    key = request.headers.get("idempotency-key", "")
    if not IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidRequest.field("Idempotency-Key", "must be 1 to 255 visible ASCII characters")
    position = await position_of(request, person)
    return Caller(business=position.business, actor=position.actor, key=page_key(person.user_id, key))


@post("/{bot:str}/api/scan/{id:str}/stamps", status_code=200, exception_handlers=IN_WORDS)
async def give_stamps(request: AppRequest, person: NamedDependency[PagePerson]) -> ASGIResponse:
    """Stamp the card. Raises what `Counter.give_stamp` raises."""
    asked, runtime = await read_body(request, ScanOrder), runtime_of(request)
    order = StampOrder(stamps=asked.stamps, branch_id=asked.branch_id, occurred_at=given_at(asked, runtime.clock()))
    answer = await runtime.counter.give_stamp(await caller_on(request, person), card_meant(asked), order)
    stamped = answer.outcome
    done = ScanDone(
        transaction_id=stamped.transaction_id,
        customer=await seen(request, person, stamped.customer),
        replayed=answer.replayed,
        added=stamped.stamps_added,
        dropped=stamped.stamps_dropped or 0,
        earned=tuple(SeenReward(reward.id, reward.description) for reward in stamped.rewards),
    )
    return data_response(done)


def card_meant(asked: ScanOrder) -> CustomerId | ShownCode:
    """Whose card is meant. Raises InvalidRequest if the code is none of a customer."""
    if (asked.code is None) == (asked.customer_id is None):
        raise InvalidRequest.field("", "must name either code or customer_id")
    if asked.code is None:
        return CustomerId(asked.customer_id or 0)
    shown = shown_in(asked.code)
    if shown is None:
        raise InvalidRequest.field("code", NO_CODE)
    return shown


def given_at(asked: ScanOrder, now: datetime) -> datetime | UnsetType:
    """When a scan was made that has waited; unset for one that comes at once. Raises InvalidRequest if too long ago."""
    if asked.waited_seconds <= AT_ONCE_SECONDS:
        return UNSET
    waited = timedelta(seconds=asked.waited_seconds)
    if waited >= EARLIEST:
        raise InvalidRequest.field("waited_seconds", "must be less than 7 days")
    return now - waited


@post("/{bot:str}/api/scan/{id:str}/redemptions", status_code=200, exception_handlers=IN_WORDS)
async def hand_out(request: AppRequest, person: NamedDependency[PagePerson]) -> ASGIResponse:
    """Hand out a reward. Raises what `Counter.redeem` raises."""
    asked, counter = await read_body(request, HandOutOrder), runtime_of(request).counter
    caller, order = await caller_on(request, person), RedeemOrder(reward_id=asked.reward_id)
    answer = await counter.redeem(caller, reward_of(asked), order)
    redeemed = answer.outcome
    done = ScanDone(
        transaction_id=redeemed.transaction_id,
        customer=await seen(request, person, redeemed.customer),
        replayed=answer.replayed,
        handed_out=SeenReward(redeemed.reward.id, redeemed.reward.description),
    )
    return data_response(done)


def reward_of(asked: HandOutOrder) -> CustomerId | ShownCode:
    """Whose reward is meant. Raises InvalidRequest if the code is none of a customer."""
    if asked.code is None:
        return CustomerId(asked.customer_id)
    return card_meant(ScanOrder(code=asked.code))


@post("/{bot:str}/api/scan/{id:str}/undo", status_code=200, exception_handlers=IN_WORDS)
async def undo(request: AppRequest, person: NamedDependency[PagePerson]) -> ASGIResponse:
    """Undo an entry, as the chat does. Raises what `Counter.void` raises."""
    asked, counter = await read_body(request, UndoOrder), runtime_of(request).counter
    answer = await counter.void(await caller_on(request, person), TransactionId(asked.transaction_id))
    voided = answer.outcome
    done = ScanDone(
        transaction_id=voided.transaction_id,
        customer=await seen(request, person, voided.customer),
        replayed=answer.replayed,
    )
    return data_response(done)


async def seen(request: AppRequest, person: PagePerson, customer: CustomerView) -> SeenCustomer:
    """What staff see of a customer; the rewards that wait are looked up if there are any."""
    waiting: tuple[SeenReward, ...] = ()
    if customer.rewards_available:
        waiting = await rewards_waiting(request, await position_of(request, person), CustomerId(customer.id))
    return SeenCustomer(
        customer_id=customer.id,
        name=first_name(customer.name or ""),
        stamps=customer.current_stamps,
        goal=customer.stamps_required,
        rewards=waiting,
    )


async def rewards_waiting(request: AppRequest, position: Position, customer_id: CustomerId) -> tuple[SeenReward, ...]:
    """The rewards that a customer can get now, the oldest first; none if they are erased meanwhile."""
    runtime = runtime_of(request)
    now = runtime.clock().astimezone(position.business.zone)
    try:
        view = await runtime.database.read(
            lambda connection: look_at(connection, position.business, customer_id, by=position.actor, now=now)
        )
    except CustomerNotFound:
        return ()
    return tuple(SeenReward(reward.id, reward.description) for reward in view.rewards)


HANDLERS = [give_stamps, hand_out, undo]
