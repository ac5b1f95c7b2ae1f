"""Jobs in hand: what workers of the old place are sending when the last rows are about to go over.

If a worker sent a message and could no longer note that, the new place would send it again. So for a moment no jobs are
given out at the old place, and those in hand come to an end; everybody else goes on. Triggers leave claims out, of
whatever program. They end by themselves: a move that is killed stops no queue for long. Nothing is sent here.

A list that is imported is no such job: each of its customers has a key, and counts once.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from time import monotonic

from sqlalchemy import Connection, Table, text

from loyalty_app.chat.card_queue import CardQueue
from loyalty_app.chat.update_queue import UpdateQueue
from loyalty_app.clock import utc_now
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import LOCKED_STATE, each_table
from loyalty_app.db.outages import HELD
from loyalty_app.db.own_triggers import NO_CLAIMS, tables_with, triggers_of
from loyalty_app.db.tables import telegram_update
from loyalty_app.moving.belongings import Cargo
from loyalty_app.moving.copying import Copying, Progress, Snapshots
from loyalty_app.queues.leased_table import LeasedTable
from loyalty_app.settings import SettingsError
from loyalty_app.shops.owner_notices import NoticeQueue
from loyalty_app.webhooks.delivery_queue import DeliveryQueue
from loyalty_core.errors import Busy

PATIENCE_SECONDS = 20.0
"""How long jobs are waited for: longer than a delivery may take. A job that needs more is done again."""
STOPPED_SECONDS, ROUNDS = 60, 3
"""How long no jobs are given out, if nobody ends it; how often that begins again while the last rows take long."""
LOOK_EVERY_SECONDS = 0.1
WAITED_FOR, LEFT = "waiting for jobs of workers", "jobs that are done again, because their workers did not finish them"
"""What progress calls them."""
NAME = NO_CLAIMS
"""How the triggers and PostgreSQL's function begin."""

QUEUES: Mapping[str, LeasedTable] = {
    one.table.name: one
    for one in (DeliveryQueue.leases, CardQueue().leases, NoticeQueue().leases, UpdateQueue().leases)
}


@asynccontextmanager
async def quiet_queues(copying: Copying, snapshots: Snapshots) -> AsyncIterator[None]:
    """Let workers finish what they have in hand, and bring that over; then the block holds and closes the old place.

    If it fails, jobs are given out again. If not, `departures.end_log` tidies up.
    """
    try:
        await _quieten(copying, snapshots)
        yield
    except BaseException:
        with suppress(Busy, SettingsError):  # then it ends by itself
            await give_out_again(copying.old)
        raise


async def _quieten(copying: Copying, snapshots: Snapshots) -> None:
    """Finish jobs and bring that over, again if it took so long that jobs are about to be given out by themselves."""
    for _ in range(ROUNDS):
        until = monotonic() + STOPPED_SECONDS / 2
        await finish_jobs(copying.old, copying.cargo, progress=copying.progress)
        await copying.catch_up(snapshots)
        if monotonic() < until:
            return


async def finish_jobs(old: Database, cargo: Cargo, *, progress: Progress, patience: float = PATIENCE_SECONDS) -> int:
    """Give out no more jobs of a cargo, and wait for those in hand; return how many are in hand after all.

    `give_out_again` ends it, or a minute does.
    """
    if old.name == "postgresql":
        await old.write(_make_function, durable=False)
    bots = () if cargo.shops is None else await old.read(lambda connection: _bots_of(connection, cargo))
    tables = [leases.table for leases in QUEUES.values()]
    await each_table(old, tables, lambda connection, table: _stop(connection, table, _which(cargo, table, bots)))
    return await _wait(old, cargo, progress, until=monotonic() + patience)


async def _wait(old: Database, cargo: Cargo, progress: Progress, *, until: float) -> int:
    told = 0
    while left := await old.read(lambda connection: jobs_in_hand(connection, cargo)):
        if left != told:
            progress(WAITED_FOR, left)
        if monotonic() >= until:
            progress(LEFT, left)
            break
        told = left
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return left


async def give_out_again(old: Database) -> None:
    """Give out jobs again, as before."""
    if tables := await old.read(lambda connection: tables_with(connection, NAME)):
        await each_table(old, tables, _let)
        if old.name == "postgresql":
            await old.write(
                lambda connection: connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {NAME}() CASCADE").close()
            )


def jobs_in_hand(connection: Connection, cargo: Cargo) -> int:
    """How many jobs workers have now whose leases go on."""
    now = utc_now()
    asked = (leases.in_hand(cargo.rows_of(leases.table), now) for leases in QUEUES.values())
    return sum(connection.scalar(one) or 0 for one in asked)


def _bots_of(connection: Connection, cargo: Cargo) -> tuple[int, ...]:
    return tuple(connection.scalars(cargo.own_bots))


def _which(cargo: Cargo, table: Table, bots: tuple[int, ...]) -> str:
    """The rows of a cargo, in the SQL of a trigger."""
    if cargo.shops is None:
        return "true"
    column, numbers = ("bot_id", bots) if table is telegram_update else ("business_id", cargo.shops)
    return f'NEW."{column}" IN ({", ".join(map(str, numbers))})' if numbers else "false"


def _stop(connection: Connection, table: Table, which: str) -> None:
    """Leave claims of these rows out. What comes in claimed, as updates of Telegram do, is refused: it comes again."""
    _let(connection, table)
    claimed = f"{which} AND NEW.lease IS NOT NULL"
    if connection.dialect.name == "postgresql":
        until = connection.scalar(text(f"SELECT clock_timestamp() + interval '{STOPPED_SECONDS} seconds'"))
        claimed += f" AND clock_timestamp() < '{until.isoformat()}'::timestamptz"
        for change, differs in (("INSERT", "true"), ("UPDATE", "NEW.lease IS DISTINCT FROM OLD.lease")):
            head = f'CREATE TRIGGER "{_name(table, change)}" BEFORE {change} ON "{table.name}" FOR EACH ROW'
            connection.exec_driver_sql(f"{head} WHEN ({claimed} AND {differs}) EXECUTE FUNCTION {NAME}()")
        return
    seconds = "CAST(strftime('%s', 'now') AS INTEGER)"
    claimed += f" AND {seconds} < {connection.scalar(text(f'SELECT {seconds}')) + STOPPED_SECONDS}"
    for change, differs, answer in (
        ("INSERT", "true", f"RAISE(ABORT, '{HELD}')"),
        ("UPDATE", "NEW.lease IS NOT OLD.lease", "RAISE(IGNORE)"),
    ):
        head = f'CREATE TRIGGER "{_name(table, change)}" BEFORE {change} ON "{table.name}"'
        connection.exec_driver_sql(f"{head} WHEN {claimed} AND {differs} BEGIN SELECT {answer}; END")


def _make_function(connection: Connection) -> None:
    says = f"RAISE EXCEPTION '{HELD}' USING ERRCODE = '{LOCKED_STATE}'"
    body = f"BEGIN IF TG_OP = 'UPDATE' THEN RETURN NULL; END IF; {says}; END"
    connection.exec_driver_sql(f"CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")


def _let(connection: Connection, table: Table) -> None:
    on = f' ON "{table.name}"' if connection.dialect.name == "postgresql" else ""
    for name in triggers_of(connection, table).keys() & {_name(table, change) for change in ("INSERT", "UPDATE")}:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"{on}')


def _name(table: Table, change: str) -> str:
    return f"{NAME}_{table.name}_{change.lower()}"
