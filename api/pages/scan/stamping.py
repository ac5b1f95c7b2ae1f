"""Stamping: what the scanner asks of the counter: stamps, a reward to hand out, an entry to undo.

Each comes with the key that the page made before its first try, and is done once, however often it is sent. The page
is told what is in `seen`.
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
from api.pages.scan.seen import (
    ScanDone,
    card_in,
    coming_on,
    opening_of,
    seen_card,
    seen_customer,
    seen_reward,
)
from api.pages.scan.shift import position_of
from api.pages.scan.told import IN_WORDS
from api.parsing import read_body
from loyalty_app.counter import Caller
from loyalty_app.counter.orders import page_key
from loyalty_app.customers.staff_cards import program_of_entry
from loyalty_app.shops.links import shown_in
from loyalty_app.shops.several_programs import ProgramTitles, titles_of
from loyalty_app.shops.staff import Position
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_core.customers import ShownCode
from loyalty_core.errors import InvalidRequest
from loyalty_core.fields import CustomerId, Id, Stamps, TransactionId
from loyalty_core.outcomes import Stamped
from loyalty_core.stamping import EARLIEST, RedeemOrder, StampOrder

LONGEST_CODE = 2_000
"""A QR code holds no more of our links, however they were wrapped."""
AT_ONCE_SECONDS = 10
"""A scan that has not waited for longer counts as given when it arrives."""
NO_CODE = "must be the code of a customer, or the link on their card"

CodeText = Annotated[str, Meta(min_length=1, max_length=LONGEST_CODE, description="a code as it was scanned")]
Waited = Annotated[int, Meta(ge=0, le=2**31, description="for how many seconds the scan has waited")]


class ScanOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A card that was scanned, or a customer who was found, and how many stamps they get.

    `waited_seconds` is for how long the phone could not send it: not its clock, which may be wrong. `program_id` is the
    program that was chosen when it was scanned; without one, the main program's card is meant.
    """

    code: CodeText | None = None
    customer_id: Id | None = None
    stamps: Stamps = 1
    branch_id: Id | None = None
    waited_seconds: Waited = 0
    program_id: Id | None = None


class HandOutOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reward to hand out, and the code that was scanned: without one, the customer was found by hand."""

    customer_id: Id
    reward_id: Id
    code: CodeText | None = None


class UndoOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entry to undo."""

    transaction_id: Id


async def at_work(request: AppRequest, person: PagePerson) -> tuple[Position, Caller]:
    """The person in the shop, and as a caller of the counter with the key of what they do.

    Raises NotOnStaff, InvalidRequest.
    """
    key = request.headers.get("idempotency-key", "")
    if not IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidRequest.field("Idempotency-Key", "must be 1 to 255 visible ASCII characters")
    position = await position_of(request, person)
    caller = Caller(business=position.business, actor=position.actor, key=page_key(person.user_id, key))
    return position, caller


async def titles_in(request: AppRequest, position: Position) -> ProgramTitles:
    """What the programs of the shop are called; empty where there is one, and then nothing is asked for it."""
    if not position.business.programs_version:
        return ProgramTitles()
    return await runtime_of(request).database.read(lambda connection: titles_of(connection, position.business))


@post("/{bot:str}/api/scan/{id:str}/stamps", status_code=200, exception_handlers=IN_WORDS)
async def give_stamps(request: AppRequest, person: NamedDependency[PagePerson]) -> ASGIResponse:
    """Stamp the card. Raises what `Counter.give_stamp` raises."""
    asked, runtime = await read_body(request, ScanOrder), runtime_of(request)
    order = StampOrder(
        stamps=asked.stamps,
        branch_id=asked.branch_id,
        occurred_at=given_at(asked, runtime.clock()),
        program_id=UNSET if asked.program_id is None else asked.program_id,
    )
    position, caller = await at_work(request, person)
    answer = await runtime.counter.give_stamp(caller, card_meant(asked), order)
    return data_response(await _told(request, position, answer.outcome, replayed=answer.replayed))


async def _told(request: AppRequest, position: Position, stamped: Stamped, *, replayed: bool) -> ScanDone:
    titles = await titles_in(request, position)
    number = stamped.program_id or position.business.id
    return ScanDone(
        transaction_id=stamped.transaction_id,
        customer=await seen_customer(request, position, stamped.customer, titles, number),
        card=seen_card(titles, number),
        replayed=replayed,
        added=stamped.stamps_added,
        dropped=stamped.stamps_dropped or 0,
        gift=stamped.bonus_stamps or 0,
        opening=await opening_of(request, position.business, stamped),
        earned=tuple(seen_reward(reward, titles) for reward in stamped.rewards),
        on_the_way=bool(stamped.rewards) and stamped.current_stamps >= stamped.stamps_added,
        coming=coming_on(card_in(stamped.customer, number)),
    )


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
    position, caller = await at_work(request, person)
    answer = await counter.redeem(caller, reward_of(asked), RedeemOrder(reward_id=asked.reward_id))
    redeemed, titles = answer.outcome, await titles_in(request, position)
    number = redeemed.reward.program_id or position.business.id
    done = ScanDone(
        transaction_id=redeemed.transaction_id,
        customer=await seen_customer(request, position, redeemed.customer, titles, number),
        card=seen_card(titles, number),
        replayed=answer.replayed,
        handed_out=seen_reward(redeemed.reward, titles),
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
    asked, runtime = await read_body(request, UndoOrder), runtime_of(request)
    position, caller = await at_work(request, person)
    answer = await runtime.counter.void(caller, TransactionId(asked.transaction_id))
    voided, titles = answer.outcome, await titles_in(request, position)
    number = await _program_of(request, position, asked.transaction_id) if titles.by_number else position.business.id
    done = ScanDone(
        transaction_id=voided.transaction_id,
        customer=await seen_customer(request, position, voided.customer, titles, number),
        card=seen_card(titles, number),
        replayed=answer.replayed,
    )
    return data_response(done)


async def _program_of(request: AppRequest, position: Position, transaction_id: int) -> int:
    business = position.business
    return await runtime_of(request).database.read(
        lambda connection: program_of_entry(connection, business, transaction_id)
    )


HANDLERS = [give_stamps, hand_out, undo]
