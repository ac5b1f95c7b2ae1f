"""Pasted links: finds a link or code of ours in a text that somebody pasted, and which bot it belongs to.

The rules, in words:
- A link is read with or without https://, at any of Telegram's hosts, as tg:// and within a link for sharing, and in
  capitals too. Only the letters of an invitation's token differ by case.
- What would follow /start is read without a link as well: `i_…`, `j_…`, `c_…`, `r_…`, `/start@bot i_…`, an invitation's
  bare token, a shop's bare slug.
- A payload belongs to the bot that serves its shop.

Codes of cards alone are read by `links.code_in`. What a bot does with a payload is not known here.
"""

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote

import msgspec
from sqlalchemy import Connection, func, select

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business, telegram_bot
from loyalty_app.shops.invites import TOKEN_LETTERS, shop_inviting
from loyalty_app.shops.links import (
    CARD_PREFIX,
    FRIEND_PREFIX,
    INVITE_PREFIX,
    JOIN_PREFIX,
    ServingBot,
    code_in,
    serving_bot,
    shop_of_code,
)
from loyalty_core.fields import BotId, BusinessId

HOSTS = r"(?:t\.me|telegram\.me|telegram\.dog)"
LINKS = (
    re.compile(rf"(?:^|[\s/(<\"'=])(?:www\.)?{HOSTS}/(?P<bot>\w{{3,64}})/?\?(?P<query>\S+)", re.IGNORECASE),
    re.compile(r"(?:^|[\s/(<\"'=])(?P<bot>\w{3,64})\.t\.me/?\?(?P<query>\S+)", re.IGNORECASE),
    re.compile(r"tg:(?://)?resolve/?\?(?P<query>\S+)", re.IGNORECASE),
)
COMMAND = re.compile(r"/start(?:@(?P<bot>\w{3,64}))?[\s=]+(?P<payload>\S+)", re.IGNORECASE)
PAYLOAD = re.compile(r"[\w-]{1,62}", re.ASCII)
TOKEN = re.compile(rf"[0-9A-Za-z]{{{TOKEN_LETTERS}}}")
SLUG = re.compile(r"[a-z0-9-]{1,57}-[0-9a-f]{6}")
PREFIXES = (CARD_PREFIX, JOIN_PREFIX, INVITE_PREFIX, FRIEND_PREFIX)
_AROUND = ".,;:!?()[]<>\"'„“”«»…*`"


class StartPayload(msgspec.Struct, frozen=True, kw_only=True):
    """What a link says to a bot: a prefix of ours, and what follows it. `bot` is the name of the bot in the link."""

    prefix: str
    rest: str
    bot: str | None = None


def payload_in(text: str) -> StartPayload | None:
    """The first payload of ours in a text, in a link or alone; None if there is none."""
    plain = _plain(text)
    candidates = (*_in_links(plain), *_in_commands(plain), *_alone(plain))
    return next(iter(candidates), None)


def _plain(text: str) -> str:
    """The text without letters that cannot be seen, and with percent signs and HTML's ampersands decoded."""
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return unquote(unicodedata.normalize("NFKC", visible)).replace("&amp;", "&")


def _in_links(text: str) -> Iterator[StartPayload]:
    for match in (match for pattern in LINKS for match in pattern.finditer(text)):
        values = {name.lower(): value for name, value in parse_qsl(match["query"])}
        bot = match.groupdict().get("bot") or values.get("domain")
        payload = _payload(values.get("start", ""), bot)
        if payload is not None:
            yield payload


def _in_commands(text: str) -> Iterator[StartPayload]:
    for match in COMMAND.finditer(text):
        payload = _payload(match["payload"], match["bot"])
        if payload is not None:
            yield payload


def _alone(text: str) -> Iterator[StartPayload]:
    """Payloads that stand as a word of their own; only those that nobody writes by chance."""
    for word in text.split():
        payload = _payload(word, None)
        if payload is not None and _is_whole(payload):
            yield payload


def _is_whole(payload: StartPayload) -> bool:
    match payload.prefix:
        case str(prefix) if prefix == INVITE_PREFIX:
            return TOKEN.fullmatch(payload.rest) is not None
        case str(prefix) if prefix == JOIN_PREFIX:
            return SLUG.fullmatch(payload.rest) is not None
        case _:
            return code_in(payload.rest) is not None


def _payload(text: str, bot: str | None) -> StartPayload | None:
    word = text.strip(_AROUND)
    prefix, rest = word[:2].lower(), word[2:]
    if prefix not in PREFIXES or not PAYLOAD.fullmatch(rest):
        return None
    return StartPayload(prefix=prefix, rest=rest.lower() if prefix == JOIN_PREFIX else rest, bot=bot)


def bare_payload(connection: Connection, text: str) -> StartPayload | None:
    """The payload whose prefix was left out: a known invitation's token, or a known shop's slug, and nothing else."""
    word = _plain(text).strip().strip(_AROUND)
    if TOKEN.fullmatch(word) and shop_inviting(connection, word) is not None:
        return StartPayload(prefix=INVITE_PREFIX, rest=word)
    slug = word.lower()
    if SLUG.fullmatch(slug) and _shop_with_slug(connection, slug) is not None:
        return StartPayload(prefix=JOIN_PREFIX, rest=slug)
    return None


async def other_bot(database: Database, payload: StartPayload, *, bot_id: BotId) -> ServingBot | None:
    """The bot that a payload belongs to, if that is another one of ours; None if it is this one, or nobody's.

    A card's payload says nothing of its shop to people who may not know it, so the bot that the link names counts.
    """
    is_friends = payload.prefix == FRIEND_PREFIX
    shop = await shop_of_code(database, code_in(payload.rest) or "") if is_friends else None
    there = await database.read(lambda connection: _serving(connection, payload, BusinessId(shop.id) if shop else None))
    return there if there is not None and there.bot_id != bot_id else None


def _serving(connection: Connection, payload: StartPayload, friends: BusinessId | None) -> ServingBot | None:
    """The bot that serves what a payload leads to; `friends` is the shop of a friend's card."""
    if payload.prefix == CARD_PREFIX:
        return _bot_named(connection, payload.bot)
    shop = friends if payload.prefix == FRIEND_PREFIX else _shop_of(connection, payload)
    return serving_bot(connection, BusinessId(shop)) if shop is not None else None


def _shop_of(connection: Connection, payload: StartPayload) -> int | None:
    if payload.prefix == INVITE_PREFIX:
        return shop_inviting(connection, payload.rest)
    return _shop_with_slug(connection, payload.rest)


def _shop_with_slug(connection: Connection, slug: str) -> int | None:
    found: int | None = connection.scalar(
        select(business.c.id).where(business.c.slug == slug, business.c.test_of.is_(None))
    )
    return found


def _bot_named(connection: Connection, username: str | None) -> ServingBot | None:
    if not username:
        return None
    named = (func.lower(telegram_bot.c.username) == username.lower(), telegram_bot.c.removed_at.is_(None))
    row = connection.execute(select(telegram_bot.c.bot_id, telegram_bot.c.username).where(*named)).first()
    return ServingBot(row.bot_id, row.username) if row is not None else None
