"""Closed tables: on PostgreSQL triggers refuse all changes at the end of a move, on a cluster before that too.

No lock holds a cluster: its machines are written past the coordinator, and a lock would be in the way of what follows.
So the triggers say "busy" at first, and once everything has arrived, that the place takes no changes. That is one
change of one function. A move that is killed in between leaves the triggers: it is run again, or given up.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Connection, Table, text

from loyalty_app.db.citus.engine import CitusDatabase
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import LOCKED_STATE, each_table
from loyalty_app.db.move_mark import MoveMark, read_mark, set_mark
from loyalty_app.db.outages import READ_ONLY
from loyalty_app.db.own_triggers import tables_with
from loyalty_app.db.tables import metadata

CLOSED = "loyalty_moved"
"""The function in PostgreSQL that refuses changes, and the trigger that calls it."""


class HeldSource(ABC):
    """A database in which nobody can write."""

    @abstractmethod
    async def close(self, mark: MoveMark) -> None:
        """Let nobody write there any more, and say where everything is now."""


class _HeldCluster(HeldSource):
    def __init__(self, database: CitusDatabase) -> None:
        self._database = database

    async def close(self, mark: MoveMark) -> None:
        """Say that it has moved, in one step."""

        def work(connection: Connection) -> None:
            make_refusal(connection, for_good=True)
            set_mark(connection, mark)

        await self._database.write(work)


@asynccontextmanager
async def held_cluster(database: CitusDatabase) -> AsyncIterator[HeldSource]:
    """Refuse all changes of a cluster until the block ends; writers that have begun come to an end."""
    try:
        await database.write(lambda connection: make_refusal(connection, for_good=False))
        await each_table(database, metadata.sorted_tables[::-1], refuse_rows_in)
        yield _HeldCluster(database)
    except BaseException:
        await release_tables(database)
        raise
    finally:
        await database.close()


def make_refusal(connection: Connection, *, for_good: bool) -> None:
    """Make the function that refuses: for good as a standby does, else as a lock does."""
    says = "this installation has moved" if for_good else "this installation moves"
    body = f"BEGIN RAISE EXCEPTION '{says}' USING ERRCODE = '{READ_ONLY if for_good else LOCKED_STATE}'; END"
    connection.execute(text(f"CREATE OR REPLACE FUNCTION {CLOSED}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"))


def _make_way(connection: Connection) -> None:
    """Let the triggers that are still there refuse nothing."""
    body = "BEGIN IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END"
    connection.execute(text(f"CREATE OR REPLACE FUNCTION {CLOSED}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"))


def are_closed(connection: Connection) -> bool:
    """Whether tables refuse changes, of whichever shop."""
    refuses = text("SELECT prosrc LIKE '%RAISE%' FROM pg_proc WHERE proname = :name")
    return bool(tables_with(connection, CLOSED)) and bool(connection.scalar(refuses, {"name": CLOSED}))


def refuse_in(connection: Connection, table: Table) -> None:
    """Let a table refuse changes."""
    changes = f'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON "{table.name}"'
    connection.execute(text(f"CREATE TRIGGER {CLOSED} {changes} EXECUTE FUNCTION {CLOSED}()"))


def refuse_rows_in(connection: Connection, table: Table) -> None:
    """Let a table of a cluster refuse changes of rows: Citus makes no triggers for whole statements in its shards."""
    changes = f'BEFORE INSERT OR UPDATE OR DELETE ON "{table.name}" FOR EACH ROW'
    connection.execute(text(f"CREATE TRIGGER {CLOSED} {changes} EXECUTE FUNCTION {CLOSED}()"))


async def release_tables(database: Database) -> None:
    """Let tables take changes again, unless the place was closed for good."""
    if database.name != "postgresql" or await database.read(read_mark) is not None:
        return
    there = await database.read(lambda connection: tables_with(connection, CLOSED))
    if there:
        await database.write(_make_way)  # at once, also if a trigger cannot be dropped by now
    await each_table(database, there, _take_changes)


def _take_changes(connection: Connection, table: Table) -> None:
    connection.execute(text(f'DROP TRIGGER {CLOSED} ON "{table.name}"'))
