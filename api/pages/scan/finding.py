"""Finding: from what was typed, a code, a phone number or a name, to the customers of the shop on the page.

What is sent is what staff see in the chat: first names, stamps, whether a reward waits, and where two have the same
first name, the ends of their codes.
"""

from typing import Annotated

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse
from msgspec import Meta

from api.messages import AppRequest, data_response, runtime_of
from api.pages.scan.shift import position_of
from api.pages.scan.told import IN_WORDS
from api.parsing import read_body
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.customers.staff_cards import with_card_of
from loyalty_app.customers.staff_view import code_ends, typed_in
from loyalty_app.shops.links import code_in
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_core.fields import Id

MOST_FOUND = 8

TypedText = Annotated[str, Meta(min_length=1, max_length=300, description="a code, a phone number or a name")]


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody typed to find a customer, and the program whose stamps are shown: the main one if none is named."""

    text: TypedText
    program_id: Id | None = None


class ScanFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A customer to choose: `mark` is the end of their code, if another found one has the same first name."""

    customer_id: int
    name: str
    stamps: int
    has_reward: bool
    mark: str | None


class ScanFindings(msgspec.Struct, frozen=True, kw_only=True):
    """The customers found; `more` says that there are others. `by_code` says that it was a code, so one is meant."""

    customers: tuple[ScanFinding, ...]
    more: bool
    by_code: bool


@post("/{bot:str}/api/scan/{id:str}/find", status_code=200, exception_handlers=IN_WORDS)
async def find(request: AppRequest, person: NamedDependency[PagePerson]) -> ASGIResponse:
    """Find customers. A POST, so that what was typed stands in no address and in no log. Raises NotOnStaff."""
    wanted = await read_body(request, Wanted)
    text, shop = wanted.text, (await position_of(request, person)).business
    found = await runtime_of(request).database.read(
        lambda connection: with_card_of(
            connection, shop, typed_in(connection, shop, text, most=MOST_FOUND + 1), wanted.program_id
        )
    )
    shown = found[:MOST_FOUND]
    ends = code_ends(shown)
    customers = tuple(
        ScanFinding(
            customer_id=one.id,
            name=first_name(one.name),
            stamps=one.card.current_stamps,
            has_reward=any(held.card.rewards_available for held in one.cards),
            mark=ends.get(one.qr_code),
        )
        for one in shown
    )
    return data_response(
        ScanFindings(customers=customers, more=len(found) > MOST_FOUND, by_code=code_in(text) is not None)
    )


HANDLERS = [find]
