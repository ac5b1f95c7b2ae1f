"""PostgreSQL, for the doctor: its version, its clock, and whether it keeps what it has committed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from loyalty_app.db.citus.distribution import strays
from loyalty_app.db.citus.engine import CitusDatabase
from loyalty_app.db.engine import open_database
from loyalty_app.db.shards import Node
from loyalty_app.db.tables.homes import HOMES, TableHome
from loyalty_app.settings import Settings
from loyalty_cli.doctor.findings import Check, Status

OLDEST = 150_000
OTHER_PROCESSES = 2
SKEW, TOO_MUCH_SKEW = timedelta(seconds=2), timedelta(minutes=1)

# No extension is needed, so none is checked.
QUESTION = text(
    "SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,"
    " clock_timestamp() AS clock, current_setting('max_connections')::int AS connections,"
    " current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commits"
)


async def examine_postgresql(settings: Settings) -> list[Check]:
    """Check the server and its clock; it must answer."""
    database = open_database(settings, unhurried=True)
    try:
        await database.read(lambda connection: connection.execute(QUESTION).one())  # the first query connects
        before = datetime.now(UTC)
        row = await database.read(lambda connection: connection.execute(QUESTION).one())
        middle = before + (datetime.now(UTC) - before) / 2
    finally:
        await database.close()
    return [_server(row, settings), examine_clock(row.clock - middle)]


async def examine_cluster(settings: Settings) -> list[Check]:
    """Check whether the nodes of a cluster answer, and each table is where it belongs; nothing on one server."""
    database = open_database(settings, unhurried=True)
    try:
        if not isinstance(database, CitusDatabase):
            return []
        away, lost = await database.away(), await database.read(strays)
        return [_nodes(away, len(database.cluster.nodes)), _homes(lost)]
    finally:
        await database.close()


def _nodes(away: Sequence[Node], count: int) -> Check:
    if not away:
        return Check(name="nodes", message=f"All {count} nodes of the cluster with shards answer.")
    return Check(
        name="nodes",
        status=Status.PROBLEM,
        message="Shops on a node that is away are answered with 503.",
        mend="Start it, or let this machine reach it at the name that `citus_add_node` was told.",
        details=tuple(f"{node} does not answer." for node in away),
    )


def _homes(lost: Mapping[str, TableHome]) -> Check:
    if not lost:
        return Check(name="homes", message="Each table is where it belongs on the cluster.")
    return Check(
        name="homes",
        status=Status.PROBLEM,
        message="Some tables are not where they belong on the cluster.",
        mend="Run `loyalty migrate`, which brings those on the coordinator home. Others: undistribute_table(…) first.",
        details=tuple(f"{name}: {home}, not {HOMES[name]}." for name, home in lost.items()),
    )


def _server(row: Row[Any], settings: Settings) -> Check:
    needed = (settings.workers + OTHER_PROCESSES) * settings.database_pool_size
    if row.number < OLDEST:
        message, mend = f"It is PostgreSQL {row.version}, and 15 is needed.", "Move to a newer one."
        return Check(name="PostgreSQL", status=Status.PROBLEM, message=message, mend=mend)
    if "off" in {row.fsync, row.commits}:
        message = (
            "It may lose what it has said was written, when the machine stops (fsync or synchronous_commit is off)."
        )
        return Check(name="PostgreSQL", status=Status.PROBLEM, message=message, mend="Set both to on.")
    if row.connections < needed:
        message = f"It admits {row.connections} connections, and all processes together may open {needed}."
        return Check(
            name="PostgreSQL", status=Status.NOTE, message=message, mend=f"Set max_connections to {needed + 20}."
        )
    return Check(name="PostgreSQL", message=f"It is PostgreSQL {row.version}, and its commits are durable.")


def examine_clock(skew: timedelta) -> Check:
    """Check the clock of the database; `skew` is how far it is ahead of this machine's."""
    seconds = abs(skew).total_seconds()
    if abs(skew) < SKEW:
        return Check(name="clock", message="It agrees with that of the database.")
    return Check(
        name="clock",
        status=Status.PROBLEM if abs(skew) >= TOO_MUCH_SKEW else Status.NOTE,
        message=f"This machine and the database differ by {seconds:.0f} seconds, and so do the times of stamps.",
        mend="Let both keep time by NTP.",
    )
