"""Incoming updates: what Telegram sends to bots is stored here, each update once, before it is handled.

An update that arrives twice, or at two processes, is recognised by its number. One for a bot that is gone with its shop
is not stored: nobody would handle it, or delete it. `bots/polling.py` fetches updates, `api/routes/telegram_updates.py`
receives them. `update_queue` decides who handles them, and in which order. What an update means is not known here.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, select

from loyalty_app.chat.bots import bot_there
from loyalty_app.chat.update_queue import LEASE, WAITING, TelegramUpdate
from loyalty_app.db.bulk import Values
from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import write_once
from loyalty_app.db.tables import telegram_bot, telegram_update
from loyalty_app.queues.lease_tokens import new_token
from loyalty_core.fields import LARGEST_ID


class NewUpdate(msgspec.Struct, frozen=True):
    """An update as it arrived: its number, its person, and all of it as JSON."""

    update_id: int
    person_id: int
    body: bytes


def new_update(raw: object) -> NewUpdate:
    """An update, ready to be stored. Raises ValueError if it has no number."""
    number = raw.get("update_id") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or type(number) is not int or not 0 <= number <= LARGEST_ID:
        raise ValueError("not an update")
    return NewUpdate(number, person_of(raw), msgspec.json.encode(raw))


def person_of(raw: dict[str, Any]) -> int:
    """The person an update is from; 0 if it is from nobody."""
    for part in raw.values():
        if isinstance(part, dict) and isinstance(sender := part.get("from"), dict):
            number = sender.get("id")
            return number if type(number) is int and abs(number) <= LARGEST_ID else 0
    return 0


async def take_in(database: Database, bot_id: int, updates: Iterable[NewUpdate], *, now: datetime) -> int:
    """Store the updates that are new; return how many. Duplicates are stored once; of a bot that is gone, none is."""

    def work(connection: Connection) -> int:
        new = _new(database, connection, bot_id, updates=list(updates))
        database.insert(connection, telegram_update, (_row(bot_id, one, now) for one in new))
        return len(new)

    return await write_once(database, work)


async def take_in_and_claim(
    database: Database, bot_id: int, updates: Iterable[NewUpdate], *, now: datetime, room: int
) -> list[TelegramUpdate]:
    """Store updates, and lease the first new one of each person who has none waiting, for at most `room` people.

    The same as `take_in` and a claim, in one transaction instead of two.
    """
    came, lease = list(updates), new_token()

    def work(connection: Connection) -> list[TelegramUpdate]:
        new = _new(database, connection, bot_id, updates=came)
        firsts = {one.person_id: one for one in reversed(new)}
        free = sorted(firsts.keys() - _with_waiting(connection, bot_id, firsts))[:room]
        mine = {firsts[person].update_id for person in free}
        rows = [_row(bot_id, one, now, lease=lease if one.update_id in mine else None) for one in new]
        database.insert(connection, telegram_update, rows)
        return [_claimed(bot_id, one, now, lease=lease) for one in new if one.update_id in mine]

    return await write_once(database, work)


def _new(database: Database, connection: Connection, bot_id: int, *, updates: list[NewUpdate]) -> list[NewUpdate]:
    """The updates that are not stored yet, ordered by number; none if the bot is gone."""
    came = {one.update_id: one for one in updates}
    stored = and_(telegram_update.c.bot_id == telegram_bot.c.bot_id, telegram_update.c.update_id.in_(list(came)))
    asked = bot_there(database, bot_id).outerjoin(telegram_update, stored).add_columns(telegram_update.c.update_id)
    known = connection.execute(asked).all()
    return [came[number] for number in sorted(came.keys() - {row.update_id for row in known})] if known else []


def _with_waiting(connection: Connection, bot_id: int, people: Iterable[int]) -> set[int]:
    own = (telegram_update.c.bot_id == bot_id, telegram_update.c.person_id.in_(list(people)))
    return set(connection.execute(select(telegram_update.c.person_id).where(WAITING, *own)).scalars())


def _row(bot_id: int, new: NewUpdate, now: datetime, *, lease: str | None = None) -> Values:
    return {
        "bot_id": bot_id,
        "update_id": new.update_id,
        "person_id": new.person_id,
        "body": new.body,
        "received_at": now,
        "tries": int(lease is not None),
        "lease": lease,
        "lease_until": now + LEASE if lease else None,
    }


def _claimed(bot_id: int, new: NewUpdate, now: datetime, *, lease: str) -> TelegramUpdate:
    return TelegramUpdate(
        bot_id=bot_id,
        update_id=new.update_id,
        person_id=new.person_id,
        body=new.body,
        tries=0,
        lease=lease,
        received_at=now,
    )
