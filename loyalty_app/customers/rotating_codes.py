"""Rotating codes as a card shows them: the one of now and those of the next minutes, with how long each is to be shown.

Who asks gets the codes of a card that they may see; who that is, is decided elsewhere. Which codes are good is in the
core.
"""

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from loyalty_app.customers.lists import find_customer
from loyalty_app.pictures.drawing import qr_svg
from loyalty_app.shops.links import card_link
from loyalty_app.shops.programs import read_program
from loyalty_app.vault import Vault
from loyalty_core.fields import BusinessId, CustomerId
from loyalty_core.programs import CardCodes
from loyalty_core.rotating_codes import STEP_SECONDS, begin_of, seal_of, step_at

CODES_AHEAD = 4
"""How many codes a card gets at once: so long it can be shown without a line."""


class CodeToShow(msgspec.Struct, frozen=True):
    """A code in groups that are easy to read aloud, and as a square: an SVG of black on white with its quiet zone."""

    text: str
    svg: str


class CodesToShow(msgspec.Struct, frozen=True, kw_only=True):
    """The codes of a card in the order in which they are shown, the one of now first.

    The first is shown for `seconds_left`, each later one for `step_seconds`; a fixed one is shown for ever, and both
    are None. A phone counts them itself: its clock may be wrong.
    """

    card_codes: CardCodes
    codes: tuple[CodeToShow, ...]
    seconds_left: float | None = None
    step_seconds: int | None = None


def codes_to_show(
    connection: Connection, vault: Vault, business_id: BusinessId, customer_id: CustomerId, *, now: datetime
) -> CodesToShow:
    """What a card shows at `now` and in the next minutes. Raises CustomerNotFound."""
    customer = find_customer(connection, business_id, customer_id)
    policy = read_program(connection, business_id).terms.card_codes
    if policy is CardCodes.FIXED:
        return CodesToShow(card_codes=policy, codes=(_code(connection, business_id, customer.qr_code),))
    key, step = vault.code_keys(business_id)[0], step_at(now)
    texts = [customer.qr_code + seal_of(customer.qr_code, step + ahead, key) for ahead in range(CODES_AHEAD)]
    return CodesToShow(
        card_codes=policy,
        codes=tuple(_code(connection, business_id, text) for text in texts),
        seconds_left=round((begin_of(step + 1) - now).total_seconds(), 3),
        step_seconds=STEP_SECONDS,
    )


def _code(connection: Connection, business_id: BusinessId, text: str) -> CodeToShow:
    return CodeToShow(in_groups(text), qr_svg(card_link(connection, business_id, text)))


def in_groups(code: str) -> str:
    """A code in groups: CUS 12AB3 4CD56, and of a rotating one A7QK 9M2X after it."""
    return " ".join(part for part in (code[:3], code[3:8], code[8:13], code[13:17], code[17:]) if part)
