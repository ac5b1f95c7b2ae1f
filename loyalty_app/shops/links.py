"""Links: what a phone opens to reach a shop's chat, how links are read, and which bot serves a shop.

A link is https://t.me/<bot>?start=<payload>; the first two characters of the payload say what it is about. A shop is
served by its own bot, or else by the shared one. What a bot does with a payload is not known here.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from urllib.parse import unquote

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, or_, select

from loyalty_app.db.each_shard import ask_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business, customer, shop_arrival, telegram_bot
from loyalty_app.shops.businesses import Business, business_of
from loyalty_core.customers import ALPHABET, CODE_LETTERS, SEAL_LETTERS, ShownCode, read_code, without_scanner
from loyalty_core.fields import BotId, BusinessId

CARD_PREFIX, JOIN_PREFIX, INVITE_PREFIX, FRIEND_PREFIX = "c_", "j_", "i_", "r_"
"""Open a card, hand out a shop's card, accept an invitation, hand out a card to a friend of a customer."""

NO_NUMBERS: Mapping[int, int] = MappingProxyType({})
_BETWEEN = " business "

_AS_DRAWN = re.compile(
    rf"https://t\.me/\w+\?start={CARD_PREFIX}(CUS[{ALPHABET}]{{{CODE_LETTERS}}})([{ALPHABET}]{{{SEAL_LETTERS}}})?"
)
"""A card's link as it is in our pictures. Why: that is how most stamps of tills come."""
_PAYLOAD_OF_A_CARD = re.compile(rf"(?:^|[?&]start(?:app)?=){CARD_PREFIX}(?P<rest>[^&#]*)", re.IGNORECASE)


def start_link(username: str, payload: str) -> str:
    """The link that brings a payload to the named bot."""
    return f"https://t.me/{username}?start={payload}"


def code_in(text: str) -> str | None:
    """A customer's code that was typed or scanned, bare or in a card's link; None if there is no code in it.

    Capitals, marks that cannot be seen, percent signs, a scanner's prefix, and words or punctuation around a link are
    forgiven. Of a rotating code it is the card's part, which finds the card at any time.
    """
    shown = shown_in(text)
    return shown.card if shown else None


def shown_in(text: str) -> ShownCode | None:
    """The same, with the seal of a rotating code: what the counter takes where the code itself matters."""
    as_drawn = _AS_DRAWN.fullmatch(text)
    shown = ShownCode(as_drawn[1], as_drawn[2]) if as_drawn else read_code(text)
    if shown is not None:
        return shown
    found = _PAYLOAD_OF_A_CARD.search(unquote(unquote(without_scanner(_visible(text)))).replace("&amp;", "&"))
    return _first_code(found["rest"]) if found else None


def _first_code(rest: str) -> ShownCode | None:
    """The code in what follows `c_`: all of it, or else its first word."""
    payload = rest.replace("+", " ")
    word = payload.split()[:1]
    return read_code(payload) or (read_code(word[0]) if word else None)


def _visible(text: str) -> str:
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cf")


def bot_username(connection: Connection, business_id: BusinessId) -> str | None:
    """The name of the bot that serves a shop: its own, else the shared one; None if there is neither."""
    serving = serving_bot(connection, business_id)
    return serving.username if serving is not None else None


class ServingBot(msgspec.Struct, frozen=True):
    """The bot that serves a shop."""

    bot_id: BotId
    username: str


def who_serves(business_id: BusinessId | ColumnElement[int]) -> Select[tuple[int, str]]:
    """Selects the bot that serves a shop: its own, else the shared one."""
    owner = telegram_bot.c.business_id
    return (
        select(telegram_bot.c.bot_id, telegram_bot.c.username)
        .where(telegram_bot.c.removed_at.is_(None), or_(owner == business_id, owner.is_(None)))
        .order_by(owner.is_(None), telegram_bot.c.created_at.desc(), telegram_bot.c.bot_id.desc())
        .limit(1)
    )


def serving_bot(connection: Connection, business_id: BusinessId) -> ServingBot | None:
    """The bot that serves a shop: its own, else the shared one; None if there is neither."""
    row = connection.execute(who_serves(business_id)).one_or_none()
    return ServingBot(row.bot_id, row.username) if row is not None else None


def bots_that_know(business_id: BusinessId | ColumnElement[int]) -> Select[int]:
    """Selects the bots through which a shop's people can be reached: its own, then the shared one.

    Those whose token Telegram refuses are left out.
    """
    owner = telegram_bot.c.business_id
    return (
        select(telegram_bot.c.bot_id)
        .where(telegram_bot.c.removed_at.is_(None), telegram_bot.c.refused_at.is_(None))
        .where(or_(owner == business_id, owner.is_(None)))
        .order_by(owner.is_(None), telegram_bot.c.created_at.desc())
    )


def shop_of_bot(connection: Connection, bot_id: BotId) -> int | None:
    """The business whose own bot that is or was, even if removed; None for the shared one."""
    found: int | None = connection.scalar(select(telegram_bot.c.business_id).where(telegram_bot.c.bot_id == bot_id))
    return found


def origin(place: str, number: int) -> str:
    """Where a shop came from that was moved here, as `shop_arrival` keeps it: the place, and its number there."""
    return f"{place}{_BETWEEN}{number}"


def past_numbers(connection: Connection, bot_id: BotId, named: int) -> Mapping[int, int]:
    """Numbers that the shop of a bot had elsewhere, each with the one that it has here: old buttons carry them.

    Empty if `named`, the number on a button, is the shop's own or 0, and for the shared bot. Another shop has the past
    number here, so only with a bot that serves no other shop is it clear which one is meant.
    """
    own = shop_of_bot(connection, bot_id) if named else None
    if own is None or own == named:
        return NO_NUMBERS
    origins = connection.scalars(select(shop_arrival.c.came_from).where(shop_arrival.c.business_id == own))
    return {int(origin.rpartition(_BETWEEN)[2]): own for origin in origins}


def business_of_bot(connection: Connection, bot_id: BotId) -> Business | None:
    """The shop whose own bot that is; None for the shared one."""
    row = connection.execute(select(business).where(business.c.id == shop_of_bot(connection, bot_id))).one_or_none()
    return business_of(row) if row is not None else None


def shop_of_link(connection: Connection, slug: str, *, bot_id: BotId) -> Business | None:
    """The shop with that slug, if the bot serves it: a shop's own bot serves no other, none a twin. Else None."""
    row = connection.execute(
        select(business).where(business.c.slug == slug, business.c.test_of.is_(None))
    ).one_or_none()
    own = shop_of_bot(connection, bot_id)
    return business_of(row) if row is not None and own in {None, row.id} else None


async def shop_of_code(database: Database, qr_code: str, *, bot_id: BotId | None = None) -> Business | None:
    """The shop of the card with that code, also of one that was closed; with `bot_id`, only if that bot serves it.

    Asked in two steps: a code does not say in which shard its card lies. Raises Busy if that shard does not answer.
    """
    coded = select(customer.c.business_id).where(customer.c.qr_code == qr_code)
    shops = await ask_each_shard(database, lambda connection: connection.scalars(coded).all())
    return await database.read(lambda connection: _first_served(connection, shops, bot_id)) if shops else None


def _first_served(connection: Connection, shops: Sequence[int], bot_id: BotId | None) -> Business | None:
    own = shop_of_bot(connection, bot_id) if bot_id is not None else None
    found = select(business).where(business.c.id.in_(shops), business.c.test_of.is_(None)).order_by(business.c.id)
    rows = connection.execute(found).all()
    return next((business_of(row) for row in rows if own in {None, row.id}), None)


def card_link(connection: Connection, business_id: BusinessId, qr_code: str) -> str:
    """The content of a card's QR code: a link that opens the card in the chat, or the bare code without a bot."""
    return _start(bot_username(connection, business_id), CARD_PREFIX + qr_code) or qr_code


def join_link(connection: Connection, business: Business) -> str | None:
    """The link that hands out a card of the shop; None without a bot."""
    return _start(bot_username(connection, business.id), JOIN_PREFIX + business.slug)


def friend_link(connection: Connection, business_id: BusinessId, qr_code: str) -> str | None:
    """The link by which a customer brings friends along; None without a bot."""
    return _start(bot_username(connection, business_id), FRIEND_PREFIX + qr_code)


def join_page(public_url: str | None, business: Business) -> str | None:
    """The address at which people join without Telegram; None if the shop or the server has none."""
    return f"{public_url.rstrip('/')}/join/{business.slug}" if public_url and business.join_by_page else None


def invite_link(connection: Connection, business_id: BusinessId, payload: str) -> str | None:
    """The link that accepts an invitation, from the payload that `invites.invite` returned; None without a bot."""
    return _start(bot_username(connection, business_id), payload)


def _start(username: str | None, payload: str) -> str | None:
    return start_link(username, payload) if username else None
