"""Bots: which bots there are, which shop each serves, and which process polls their updates.

The shared bot's token comes from the settings; a business's own is stored encrypted and never shown.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from loyalty_app.db.engine import Database
from loyalty_app.db.shards import is_spread
from loyalty_app.db.tables import polling_lease, telegram_bot
from loyalty_app.settings import SettingsError
from loyalty_app.shops.closing import IS_NOBODYS
from loyalty_app.shops.notice_facts import BotFacts
from loyalty_app.shops.owner_notices import add_notice, withdraw_bot_notices
from loyalty_app.vault import Vault
from loyalty_core.errors import InvalidRequest

POLL_LEASE = timedelta(seconds=45)
LIVE = telegram_bot.c.removed_at.is_(None)


class BotRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A bot as stored. `token` is None for the shared bot, and if it was encrypted with another key.

    `secret` is what Telegram shows when it calls us. `refused` is set while Telegram refuses the token.
    """

    bot_id: int
    business_id: int | None
    username: str
    secret: str
    token: str | None = None
    refused: bool = False


async def register(database: Database, vault: Vault, record: BotRecord, *, now: datetime) -> BotRecord:
    """Store a bot or update it. A business has one bot: this one replaces another.

    Raises InvalidRequest if the bot serves somebody else. A secret, once stored, stays.
    """

    def work(connection: Connection) -> BotRecord:
        known = connection.execute(select(telegram_bot).where(telegram_bot.c.bot_id == record.bot_id)).one_or_none()
        if known is not None and known.removed_at is None and known.business_id != record.business_id:
            raise InvalidRequest.field("token", "belongs to a bot that serves somebody else")
        if known is not None and _is_as_stored(connection, known, record):
            return msgspec.structs.replace(record, secret=str(known.secret))
        _remove(connection, record.business_id, now, but=record.bot_id)
        row = {
            "bot_id": record.bot_id,
            "business_id": record.business_id,
            "username": record.username,
            "token": vault.lock(record.token) if record.token else None,
            "secret": known.secret if known is not None else record.secret,
            "removed_at": None,
            "refused_at": None,
        }
        withdraw_bot_notices(connection, record.business_id)
        if known is not None:
            database.update(connection, telegram_bot, [row], key=("bot_id",))
        else:
            database.insert(connection, telegram_bot, [{**row, "created_at": now}])
        return msgspec.structs.replace(record, secret=str(row["secret"]))

    return await database.write(work)


def _is_as_stored(connection: Connection, known: Row[Any], record: BotRecord) -> bool:
    """Whether nothing has to be written: the shared bot opens while a machine of a cluster is away, too."""
    stored = (known.business_id, known.username, known.token, known.removed_at, known.refused_at)
    if record.token is not None or stored != (record.business_id, record.username, None, None, None):
        return False
    others = select(telegram_bot.c.bot_id).where(_of(record.business_id), LIVE, telegram_bot.c.bot_id != record.bot_id)
    return connection.execute(others).first() is None


def new_secret() -> str:
    """A new secret for Telegram to show: 32 hexadecimal digits."""
    return secrets.token_hex(16)


async def remove_bot(database: Database, business_id: int, *, now: datetime) -> None:
    """Remove a business's own bot; its customers continue with the shared one, if there is one."""
    await database.write(lambda connection: _remove(connection, business_id, now))


def _remove(connection: Connection, business_id: int | None, now: datetime, *, but: int = 0) -> None:
    gone = update(telegram_bot).where(_of(business_id), LIVE, telegram_bot.c.bot_id != but)
    connection.execute(gone.values(removed_at=now, token=None))


def _of(business_id: int | None) -> ColumnElement[bool]:
    return telegram_bot.c.business_id == business_id if business_id else telegram_bot.c.business_id.is_(None)


async def list_bots(database: Database, vault: Vault) -> list[BotRecord]:
    """All current bots, the oldest first, with their tokens; a token that cannot be decrypted is None."""
    rows = await database.read(
        lambda connection: connection.execute(
            select(telegram_bot).where(LIVE).order_by(telegram_bot.c.created_at)
        ).all()
    )
    return [
        BotRecord(
            bot_id=row.bot_id,
            business_id=row.business_id,
            username=row.username,
            secret=row.secret,
            token=_unlocked(vault, row.token) if row.token is not None else None,
            refused=row.refused_at is not None,
        )
        for row in rows
    ]


def _unlocked(vault: Vault, locked: bytes) -> str | None:
    try:
        return vault.unlock(locked)
    except SettingsError:
        return None


async def note_refused(database: Database, bot_id: int, *, now: datetime) -> None:
    """Note that Telegram refuses a bot's token; the owners of a shop's own bot are told, once."""

    def work(connection: Connection) -> None:
        own = select(telegram_bot).where(telegram_bot.c.bot_id == bot_id, LIVE, telegram_bot.c.refused_at.is_(None))
        row = connection.execute(own.with_for_update()).one_or_none()
        if row is None:
            return
        connection.execute(update(telegram_bot).where(telegram_bot.c.bot_id == bot_id).values(refused_at=now))
        if row.business_id is not None:
            facts = BotFacts(business_id=row.business_id, username=row.username)
            add_notice(database, connection, row.business_id, facts=facts, now=now)

    await database.write(work)


async def note_accepted(database: Database, bot_id: int) -> None:
    """Note that Telegram accepts a bot's token again; what was not told yet of its refusal is not told any more."""

    def work(connection: Connection) -> None:
        own = telegram_bot.c.bot_id == bot_id
        connection.execute(update(telegram_bot).where(own).values(refused_at=None))
        shop = connection.scalar(select(telegram_bot.c.business_id).where(own))
        withdraw_bot_notices(connection, shop)

    await database.write(work)


def has_own_bots(connection: Connection) -> bool:
    """Whether any business has a bot of its own."""
    own = select(telegram_bot.c.bot_id).where(LIVE, telegram_bot.c.business_id.is_not(None)).limit(1)
    return connection.execute(own).first() is not None


def bots_there(*, shared: bool) -> Select[tuple[int]]:
    """Selects the ids of running bots. Without `shared` the shared bot is left out: its row outlives its setting."""
    own = select(telegram_bot.c.bot_id).where(LIVE)
    return own if shared else own.where(telegram_bot.c.business_id.is_not(None))


def bot_there(database: Database, bot_id: int) -> Select[tuple[int]]:
    """Selects a bot, unless it is gone with its shop, and lets nobody delete it until the transaction ends.

    So what is written about it meanwhile is deleted with it. On a cluster bots are on each machine, and the lock would
    need all of them; there only what is written in the same moment may be left.
    """
    own = select(telegram_bot.c.bot_id).where(telegram_bot.c.bot_id == bot_id, ~IS_NOBODYS)
    return own if is_spread(database) else own.with_for_update(read=True, key_share=True, of=telegram_bot)


def find_secret(connection: Connection, bot_id: int) -> str | None:
    """The secret that Telegram must show for a bot; None if there is no such bot."""
    found: str | None = connection.scalar(select(telegram_bot.c.secret).where(telegram_bot.c.bot_id == bot_id, LIVE))
    return found


async def may_poll(database: Database, bot_id: int, who: str, *, now: datetime) -> bool:
    """Take or renew a bot's polling lease, for 45 seconds; False if another process holds it, or there is no bot."""

    def work(connection: Connection) -> bool:
        own, row = polling_lease.c.bot_id == bot_id, {"holder": who, "until": now + POLL_LEASE}
        if not _is_free_of_older_servers(connection, bot_id, now):
            return False
        free = or_(polling_lease.c.holder == who, polling_lease.c.until <= now)
        if connection.execute(update(polling_lease).where(own, free).values(row)).rowcount:
            return True
        if connection.scalar(select(polling_lease.c.bot_id).where(own)) is not None:
            return False
        database.insert(connection, polling_lease, [{"bot_id": bot_id, **row}])
        return True

    try:
        return await database.write(work)
    except IntegrityError:  # another process was quicker
        return False


def _is_free_of_older_servers(connection: Connection, bot_id: int, now: datetime) -> bool:
    """Whether the bot is there and no server of a release before revision 0032 polls for it."""
    found = connection.execute(select(telegram_bot.c.poll_until).where(telegram_bot.c.bot_id == bot_id)).one_or_none()
    return found is not None and (found.poll_until is None or found.poll_until <= now)


async def leave_polling(database: Database, bot_id: int, who: str) -> None:
    """Give the polling lease back, so that the next process need not wait until it expires."""
    held = delete(polling_lease).where(polling_lease.c.bot_id == bot_id, polling_lease.c.holder == who)
    await database.write(lambda connection: connection.execute(held).close())


async def release(database: Database) -> None:
    """Free all polling leases. Call it only when no other process is running."""

    def work(connection: Connection) -> None:
        connection.execute(delete(polling_lease)).close()
        connection.execute(update(telegram_bot).values(poll_lease=None, poll_until=None)).close()

    await database.write(work)
