"""Held shops: shops that move or have moved. Nothing of theirs can be changed here, by whatever program.

`business.moved_to` says it: NULL for a shop that is served here, empty while it moves, else where it is now. The
counter and the queues look there. For all other writers each table has triggers, which refuse changes of held shops as
a lock does, so that also a server of an earlier release loses nothing. What a worker notes about a row of a queue is
left out instead: it does so for many shops at once. Moving itself writes within `allowed`.

A shop that is being deleted is `NOWHERE`: the same places refuse it. No trigger holds it, for what is written all the
same is deleted with it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, select, text

from loyalty_app.db.outages import HELD
from loyalty_app.db.own_triggers import (
    CHANGES,
    EVERYWHERE,
    HELD_SHOP,
    change_triggers,
    tables_with,
    triggers_of,
)
from loyalty_app.db.shards import is_spread
from loyalty_app.db.tables import (
    attempt,
    business,
    delivery,
    import_job,
    metadata,
    notice,
    telegram_bot,
    telegram_card,
    telegram_update,
)
from loyalty_app.settings import SettingsError
from loyalty_core.errors import Busy

if TYPE_CHECKING:
    from loyalty_app.db.engine import Database

LOCK_MILLISECONDS, TRIES = 2_000, 15
LOCKED_STATE = "55P03"
NAME = HELD_SHOP
"""How the triggers and PostgreSQL's function begin."""
NOWHERE = "nowhere"
"""Where a shop is that is being deleted. It is no place of a move, and servers of earlier releases refuse it, too."""
OURS = "loyalty.moves"
"""The setting of a transaction on PostgreSQL that may write all the same."""
MOVING_SHARDS = "SELECT count(*) FROM get_rebalance_progress() WHERE progress < 2"
"""How many shards of a cluster are on their way to another machine: no trigger can be made or dropped meanwhile."""
SHARDS_MOVE = "A shard of the cluster is moving to another machine. Run this again once it is there."
NOTED = {(table.name, change) for table in (delivery, telegram_card, notice, import_job, telegram_update)
         for change in ("UPDATE", "DELETE")} | {(attempt.name, "INSERT"), (attempt.name, "DELETE")}  # fmt: skip
"""Changes that workers make in rows of queues."""


class HeldShops(msgspec.Struct, frozen=True):
    """The shops that are held, and their own bots."""

    shops: tuple[int, ...]
    bots: tuple[int, ...] = ()


@cache
def served(table: Table) -> ColumnElement[bool]:
    """Whether the shop of a row is served here."""
    held = select(business.c.id).where(business.c.id == table.c.business_id, business.c.moved_to.is_not(None))
    return ~held.correlate(table).exists()


def held_shops(connection: Connection, *, but: int | None = None) -> HeldShops:
    """The shops that are held here, `but` one, and their bots. One that is being deleted is not."""
    held = select(business.c.id).where(business.c.moved_to != NOWHERE, business.c.id.is_distinct_from(but))
    shops = tuple(connection.scalars(held.order_by(business.c.id)))
    bots = select(telegram_bot.c.bot_id).where(telegram_bot.c.business_id.in_(shops)).order_by(telegram_bot.c.bot_id)
    return HeldShops(shops, tuple(connection.scalars(bots)) if shops else ())


async def each_table(database: "Database", tables: Sequence[Table], work: Callable[[Connection, Table], None]) -> None:
    """Change triggers of tables: in one transaction on SQLite, else each in one of its own.

    So nobody holds one table while waiting for another, which would make others wait; and a process that waits for long
    readers lets others through, and tries again. It need not be durable: what follows is. But on a cluster all machines
    have to know the same triggers, whatever ends. Raises Busy; SettingsError if a shard of a cluster is moving.
    """
    if database.name == "sqlite":
        await database.write(lambda connection: _to_all(connection, tables, work))
        return
    for table in tables:
        await _to_one(database, table, work)


async def _to_one(database: "Database", table: Table, work: Callable[[Connection, Table], None]) -> None:
    def hastily(connection: Connection) -> None:
        change_triggers(connection)
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_MILLISECONDS}ms'")
        work(connection, table)

    for _ in range(TRIES - 1):
        with suppress(Busy):
            await database.write(hastily, durable=is_spread(database))
            return
        await _check_shards_stay(database)
    await database.write(hastily, durable=is_spread(database))


async def _check_shards_stay(database: "Database") -> None:
    """Raise SettingsError if a shard is moving: that may take hours."""
    if is_spread(database) and await database.read(lambda connection: connection.scalar(text(MOVING_SHARDS))):
        raise SettingsError(SHARDS_MOVE)


def _to_all(connection: Connection, tables: Sequence[Table], work: Callable[[Connection, Table], None]) -> None:
    for table in tables:
        work(connection, table)


async def hold_again(database: "Database", *, but: int | None = None) -> None:
    """Hold all tables for the shops that are held now, `but` one that may be deleted.

    A shop that is not held any more can be written at once, also if a trigger cannot be dropped by now.
    """
    held = await database.read(lambda connection: held_shops(connection, but=but))
    there = await database.read(lambda connection: tables_with(connection, NAME))
    tables = metadata.sorted_tables if held.shops else there
    if tables and database.name == "postgresql":
        await database.write(lambda connection: _make_function(connection, held))
    await each_table(database, tables, lambda connection, table: hold_table(connection, table, held))


def hold_table(connection: Connection, table: Table, held: HeldShops) -> None:
    """Refuse changes of a table's rows of these shops, and of no others. It waits for writers that have begun."""
    release_table(connection, table)
    for change in CHANGES:
        condition = _condition(table, held, "NEW" if change == "INSERT" else "OLD")
        if condition is not None:
            _make(connection, table, change, condition, _owner(table, held)[0])


def hold_all(connection: Connection) -> None:
    """Hold the tables for the shops that are held, in one transaction."""
    held = held_shops(connection)
    change_triggers(connection)
    if held.shops and connection.dialect.name == "postgresql":
        _make_function(connection, held)
    _to_all(connection, metadata.sorted_tables, lambda connection, table: hold_table(connection, table, held))


def release_all(connection: Connection) -> None:
    """Take all triggers away, within a transaction."""
    change_triggers(connection)
    _to_all(connection, tables_with(connection, NAME), release_table)


def _condition(table: Table, held: HeldShops, row: str) -> str | None:
    """Which rows are held, in SQL; None if that cannot be any."""
    column, numbers = _owner(table, held)
    if not numbers:
        return None
    return f'{row}."{column}" IN ({", ".join(map(str, numbers))})'


def _owner(table: Table, held: HeldShops) -> tuple[str, Sequence[int]]:
    """The column that says whose a row is, and what it says of those that are held."""
    if table is business:
        return "id", held.shops
    if "bot_id" in table.c and (table is telegram_update or "business_id" not in table.c):
        return "bot_id", held.bots
    return ("business_id", held.shops) if "business_id" in table.c and table.name != "telegram_chat" else ("", ())


def _make(connection: Connection, table: Table, change: str, condition: str, owner: str) -> None:
    is_noted = (table.name, change) in NOTED
    name, head = _name(table, change), f'BEFORE {change} ON "{table.name}"'
    if connection.dialect.name == "postgresql":
        others = f"current_setting('{OURS}', true) IS DISTINCT FROM 'on'"
        call = f"{NAME}('{'note' if is_noted else 'refuse'}', '{owner}')"
        connection.execute(
            text(f'CREATE TRIGGER "{name}" {head} FOR EACH ROW WHEN ({condition} AND {others}) EXECUTE FUNCTION {call}')
        )
        return
    what = "RAISE(IGNORE)" if is_noted else f"RAISE(ABORT, '{HELD}')"
    connection.execute(text(f'CREATE TRIGGER "{name}" {head} WHEN {condition} BEGIN SELECT {what}; END'))


def _make_function(connection: Connection, held: HeldShops) -> None:
    """Make what the triggers call: it lets pass what is not held any more. Those of earlier releases name no column."""
    says = f"RAISE EXCEPTION '{HELD}' USING ERRCODE = '{LOCKED_STATE}'"
    one = "(CASE WHEN TG_OP = 'INSERT' THEN to_jsonb(NEW) ELSE to_jsonb(OLD) END ->> TG_ARGV[1])::bigint"
    numbers = f"CASE TG_ARGV[1] WHEN 'bot_id' THEN {_array(held.bots)} ELSE {_array(held.shops)} END"
    passes = f"IF {one} <> ALL ({numbers}) THEN IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END IF;"
    body = f"BEGIN {passes} IF TG_ARGV[0] = 'note' THEN RETURN NULL; END IF; {says}; END"
    connection.exec_driver_sql(f"CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")


def _array(numbers: Sequence[int]) -> str:
    return f"'{{{','.join(map(str, numbers))}}}'::bigint[]"


def release_table(connection: Connection, table: Table) -> None:
    """Take the triggers of a table away."""
    for name in _there(connection, table):
        on = f' ON "{table.name}"' if connection.dialect.name == "postgresql" else ""
        connection.execute(text(f'DROP TRIGGER "{name}"{on}'))


def _there(connection: Connection, table: Table) -> dict[str, str]:
    wanted = {_name(table, change) for change in CHANGES}
    return {name: made for name, made in triggers_of(connection, table).items() if name in wanted}


def _name(table: Table, change: str) -> str:
    return f"{NAME}_{table.name}_{change.lower()}"


@contextmanager
def allowed(connection: Connection, *tables: Table) -> Iterator[None]:
    """Write rows of held shops in these tables, inside the caller's transaction; others stay refused."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(EVERYWHERE)
        connection.exec_driver_sql(f"SET LOCAL {OURS} = 'on'")
        yield
        connection.exec_driver_sql(f"SET LOCAL {OURS} = 'off'")
        return
    kept = {}
    for table in tables or metadata.sorted_tables:
        kept.update(_there(connection, table))
        release_table(connection, table)
    yield
    for made in kept.values():  # SQLite has one writer: nobody has seen the tables without them
        connection.execute(text(made))
