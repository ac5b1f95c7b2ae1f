"""Retention: deletes old deliveries, import jobs, updates, chats and sessions after their time, a few rows at a time.

Old rows are searched for without blocking anybody; only deleting them is a transaction. Deliveries to endpoints that
are switched off or deleted are not kept longer. Nor are cards of erased customers that the bot could not take out of
the chat, chats with people who hold no card and work nowhere, or bots that the deleting of a shop has left.
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Delete, Table, Update, and_, delete, or_, select, tuple_, update

from loyalty_app.clock import Clock
from loyalty_app.db.each_shard import in_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import served
from loyalty_app.db.merged_customers import old_merges
from loyalty_app.db.shards import Shard
from loyalty_app.db.tables import (
    attempt,
    customer,
    customer_merge,
    delivery,
    event,
    fan_out,
    import_job,
    page_session,
    passkey_challenge,
    retired_secret,
    sign_in_link,
    staff,
    telegram_card,
    telegram_chat,
    telegram_update,
    webhook_endpoint,
)
from loyalty_app.importing.import_jobs import TRIED
from loyalty_app.importing.kept_trials import TRIALS_KEPT
from loyalty_app.shops.closing import forget_bots
from loyalty_app.sign_in.sessions import ended_sessions
from loyalty_app.upkeep.periodic import Every, Stop
from loyalty_app.webhooks.delivery_log import KEPT
from loyalty_app.webhooks.outbox import QUEUED, THEIR_ENDPOINT, event_id_floor
from loyalty_core.errors import Busy

UPDATES_KEPT = timedelta(hours=48)
"""Telegram sends an update again for 24 hours."""
AT_ONCE, EVERY_SECONDS = 500, 3_600


def retention(database: Database, clock: Clock) -> Every:
    """Delete old data once an hour."""

    async def prune_now(stop: Stop) -> None:
        await prune(database, clock(), stop=stop)

    return Every(EVERY_SECONDS, prune_now, "old data could not be deleted")


async def prune(database: Database, now: datetime, *, stop: Stop | None = None, at_once: int = AT_ONCE) -> int:
    """Delete old rows, except what is still to be sent or handled; return how many.

    It deletes `at_once` rows at a time, and ends between two portions if asked to stop.
    """
    deleted, away, stop = 0, list[Busy](), stop or Stop()
    for part in _parts(database, now, stop, at_once=at_once):
        try:
            deleted += await part
        except Busy as busy:  # what is elsewhere is deleted all the same
            away.append(busy)
    if away:
        raise away[0]
    return deleted


def _parts(database: Database, now: datetime, stop: Stop, *, at_once: int) -> Iterator[Awaitable[int]]:
    """One after the other: old rows of each table, what old merges still keep, and bots of shops that are gone."""
    together = None in database.shards
    chats = _left_chats(now) if together else ()
    for table, over in (*_old(now - KEPT), *_old_in_chats(now), *chats, *_old_at_pages(now)):
        old = and_(over, served(table)) if "business_id" in table.c and table is not telegram_chat else over
        yield _delete_old(database, table, old=old, at_once=at_once, stop=stop)
    if not together:
        yield _delete_chats_of_cluster(database, now, stop)
    yield _forget_old_merges(database, now, stop)
    yield forget_bots(database)


async def _forget_old_merges(database: Database, now: datetime, stop: Stop) -> int:
    """Forget what merges would need to be taken back, once they cannot be."""
    old = and_(old_merges(now), served(customer_merge))
    key = tuple_(*customer_merge.primary_key.columns)

    def look(connection: Connection) -> list[tuple[object, ...]]:
        some = select(*customer_merge.primary_key.columns).where(old).limit(AT_ONCE)
        return [tuple(row) for row in connection.execute(some)]

    async def forget(shard: Shard | None) -> int:
        while not stop.asked and (keys := await database.read(look, shard=shard)):
            forgotten = update(customer_merge).where(key.in_(keys), old).values(undo=None)
            await database.write(_running(forgotten), shard=shard)
        return 0

    return await in_each_shard(database, forget)


def _old(before: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    open_for_it = select(webhook_endpoint.c.id).where(THEIR_ENDPOINT, webhook_endpoint.c.active.is_(True))
    done = or_(delivery.c.status != QUEUED, ~open_for_it.exists())
    about_it = and_(delivery.c.business_id == event.c.business_id, delivery.c.event_id == event.c.id)
    noted = and_(fan_out.c.business_id == event.c.business_id, fan_out.c.event_id == event.c.id)
    needed = or_(select(delivery.c.id).where(about_it).exists(), select(fan_out.c.event_id).where(noted).exists())
    return [
        (attempt, attempt.c.at < before),
        (import_job, import_job.c.finished_at < before),
        (delivery, and_(delivery.c.created_at < before, done)),
        (event, and_(event.c.id < event_id_floor(before), ~needed)),
    ]


def _old_in_chats(now: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    whose = and_(customer.c.business_id == telegram_card.c.business_id, customer.c.id == telegram_card.c.customer_id)
    erased = select(customer.c.id).where(whose, customer.c.erased_at < now - KEPT)
    return [
        (retired_secret, retired_secret.c.valid_until < now),
        (telegram_update, telegram_update.c.done_at < now - UPDATES_KEPT),
        (telegram_card, erased.exists()),
    ]


def _left_chats(now: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    holds = select(telegram_card.c.user_id).where(telegram_card.c.user_id == telegram_chat.c.chat_id)
    works = select(staff.c.id).where(staff.c.user_id == telegram_chat.c.chat_id, staff.c.removed_at.is_(None))
    return [(telegram_chat, and_(telegram_chat.c.created_at < now - KEPT, ~holds.exists(), ~works.exists()))]


async def _delete_chats_of_cluster(database: Database, now: datetime, stop: Stop) -> int:
    """Delete the same chats where cards lie on other machines than chats: old ones, then who of them holds a card."""
    key = tuple_(*telegram_chat.primary_key.columns)
    old = select(*telegram_chat.primary_key.columns).where(telegram_chat.c.created_at < now - KEPT)
    last, deleted = (0, 0), 0
    while not stop.asked:
        some = old.where(key > last).order_by(*telegram_chat.primary_key.columns).limit(AT_ONCE)
        keys = await database.read(lambda connection, some=some: [tuple(row) for row in connection.execute(some)])  # type: ignore[misc]  # bound
        if not keys:
            break
        last = keys[-1]
        there = await database.read(lambda connection, keys=keys: _in_need(connection, {key[1] for key in keys}))  # type: ignore[misc]  # the same
        left = [one for one in keys if one[1] not in there]
        deleted += await database.write(_running(delete(telegram_chat).where(key.in_(left))))
    return deleted


def _in_need(connection: Connection, people: set[int]) -> set[int | None]:
    """Those of these people who hold a card or work somewhere."""
    holds = select(telegram_card.c.user_id).where(telegram_card.c.user_id.in_(people))
    works = select(staff.c.user_id).where(staff.c.user_id.in_(people), staff.c.removed_at.is_(None))
    return {*connection.scalars(holds), *connection.scalars(works)}


def _old_at_pages(now: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    return [
        (page_session, ended_sessions(now)),
        (sign_in_link, sign_in_link.c.expires_at < now),
        (passkey_challenge, passkey_challenge.c.expires_at < now),
        (import_job, and_(import_job.c.status == TRIED, import_job.c.finished_at < now - TRIALS_KEPT)),
    ]


async def _delete_old(database: Database, table: Table, *, old: ColumnElement[bool], at_once: int, stop: Stop) -> int:
    key = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(old).limit(at_once)

    def look(connection: Connection) -> list[tuple[object, ...]]:
        return [tuple(row) for row in connection.execute(some)]

    async def delete_in(shard: Shard | None) -> int:
        deleted = 0
        while not stop.asked and (keys := await database.read(look, shard=shard)):
            deleted += await database.write(_running(delete(table).where(key.in_(keys), old)), shard=shard)
        return deleted

    return await in_each_shard(database, delete_in, table=table.name)


def _running(statement: Delete | Update) -> Callable[[Connection], int]:
    return lambda connection: int(connection.execute(statement).rowcount)
