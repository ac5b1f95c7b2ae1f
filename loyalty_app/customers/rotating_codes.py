"""Rotating codes as a card shows them: the one of now and those of the next minutes, with how long each is to be shown.

People who ask get the codes of a card that they may see. Whether they may is decided elsewhere. Which codes are good is
in the core.
"""

from datetime import datetime

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, select

from loyalty_app.counter.orders import code_key_of
from loyalty_app.customers.lists import find_customer
from loyalty_app.db.tables import telegram_card, transaction
from loyalty_app.pictures.drawing import qr_svg
from loyalty_app.shops.links import card_link
from loyalty_app.shops.programs import read_program
from loyalty_app.vault import Vault
from loyalty_core.errors import CODE_REFUSALS, CustomerNotFound
from loyalty_core.fields import BusinessId, CustomerId
from loyalty_core.ledger import EntryType
from loyalty_core.programs import CardCodes
from loyalty_core.rotating_codes import STEP_SECONDS, Seal, Showing, begin_of, check_code, seal_of, step_at

CODES_AHEAD = 4
"""How many codes a card gets at once: it can be shown that long without a network."""


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


def check_shown(connection: Connection, business_id: BusinessId, showing: Showing) -> None:
    """Raise what `check_code` raises for a stamp, if a code is good for neither a stamp nor a reward."""
    policy = read_program(connection, business_id).terms.card_codes
    if policy is CardCodes.FIXED:
        return
    used = replace(showing, uses=_uses(connection, business_id, showing.seal))
    try:
        check_code(policy, EntryType.STAMP, used)
    except CODE_REFUSALS as refusal:
        if not _redeems(policy, used):
            raise refusal from None


def _redeems(policy: CardCodes, showing: Showing) -> bool:
    try:
        check_code(policy, EntryType.REDEEM, showing)
    except CODE_REFUSALS:
        return False
    return True


def _uses(connection: Connection, business_id: BusinessId, seal: Seal | None) -> dict[EntryType, datetime]:
    if seal is None:
        return {}
    own = (transaction.c.business_id == business_id, transaction.c.code_key == code_key_of(seal))
    rows = connection.execute(select(transaction.c.type, transaction.c.occurred_at).where(*own))
    return {EntryType(row.type): row.occurred_at for row in rows}


def own_codes(
    connection: Connection, vault: Vault, business_id: BusinessId, holder: tuple[int, int], *, now: datetime
) -> CodesToShow:
    """The same for the card that a person holds in their chat with a bot, both by Telegram's ids.

    Raises CustomerNotFound.
    """
    place = (telegram_card.c.bot_id == holder[0], telegram_card.c.user_id == holder[1])
    own = select(telegram_card.c.customer_id).where(telegram_card.c.business_id == business_id, *place)
    customer_id = connection.scalar(own)
    if customer_id is None:
        raise CustomerNotFound
    return codes_to_show(connection, vault, business_id, CustomerId(customer_id), now=now)
