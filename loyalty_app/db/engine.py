"""The database as the application sees it: one interface, two dialects.

They differ only in the packages `sqlite` and `postgres` beside this module. All statements use SQLAlchemy's plain
`Connection`; `write` and `read` run them, in a thread on SQLite and inside asyncpg on PostgreSQL.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Row, Table

from loyalty_app.db.bulk import Gathered, Lookup, Wanted, Writes
from loyalty_app.db.outages import Outages
from loyalty_app.db.postgres.server import Limits
from loyalty_app.db.shards import Node, Shard
from loyalty_app.db.sqlite.served_file import ServedFile
from loyalty_app.ids import Ids
from loyalty_app.settings import Settings, SettingsError

Result = TypeVar("Result")


class Database(Writes, Protocol):
    """An open database.

    All that it is asked raises Busy where it is away, locked, full, or takes no writes.
    """

    name: str

    @property
    def writers(self) -> int:
        """How many transactions of the counter may run at once in each part."""

    @property
    def shards(self) -> Sequence[Shard | None]:
        """The parts in which the data lies, each on one machine; one part, None, where all is together."""

    outages: Outages

    def shard_of(self, business_id: int) -> Shard | None:
        """The part in which the rows of a business are."""

    async def write(
        self,
        work: Callable[[Connection], Result],
        *,
        durable: bool = True,
        begun: Callable[[], None] = lambda: None,
        proof: Callable[[Result], Lookup | None] = lambda _: None,
        shard: Shard | None = None,
    ) -> Result:
        """Run `work` in a transaction that is durable when this returns; an exception rolls it back.

        With `durable=False` it does not wait for the disk: if the machine crashes within the next second, the whole
        transaction may be lost. Use that only for notes of finished work that may be done again. `begun` is called on
        the event loop right before the work; on PostgreSQL, after BEGIN. If no answer to COMMIT comes, `proof` names a
        row that only this transaction can have written; without one nobody can know, which is Busy. With a `shard` the
        work may touch rows of its businesses only, and it is committed on one machine.
        """

    async def read(self, work: Callable[[Connection], Result], *, shard: Shard | None = None) -> Result:
        """Run `work` on one state of the data; it cannot write. `shard` as in `write`."""

    async def glance(self, work: Callable[[Connection], Result], *, shard: Shard | None = None) -> Result:
        """Run `work`, which asks one question, outside a transaction. It must not write; `shard` as in `write`."""

    async def takes_writes(self) -> bool:
        """Whether a transaction could write now: no standby, not read-only, no other program in the way."""

    async def away(self) -> Sequence[Node]:
        """The machines with shards that do not answer; shops on others are served."""

    def ids(self, connection: Connection, expected: int = 1) -> Ids:
        """The ids of one transaction for `expected` requests."""

    def load(self, connection: Connection, table: Table, rows: Sequence[Sequence[object]]) -> None:
        """Insert very many rows, each with the values of all columns in their order."""

    def fetch(
        self,
        connection: Connection,
        table: Table,
        columns: tuple[str, ...],
        wanted: Iterable[Wanted],
        *,
        lock: bool = False,
    ) -> Sequence[Row[Any]]:
        """All rows whose columns have one of the wanted values; with `lock`, locked in the order of the columns."""

    def gather(
        self,
        connection: Connection,
        questions: Sequence[Lookup],
        *,
        ids: Ids | None,
        locked: Sequence[Lookup] = (),
        patient: bool = True,
    ) -> Gathered:
        """The rows of each question, at once if possible, and likely ids, if `ids` is there to keep them.

        Rows of the one table that `locked` names are locked first, in the order of their key. Ids come after the locks.
        No answer is older than a change of a locked row, or more than 10 ms older than the locks. A row has its columns
        as attributes, and a slice of it has them in their order. Without `patient` rows that others hold are left out,
        not waited for.
        """

    async def close(self) -> None:
        """Close all connections, after work that has begun."""


def open_database(
    settings: Settings, served: ServedFile | None = None, *, unhurried: bool = False, patient: bool = False
) -> Database:
    """Open the database that the settings name. Its schema must exist already (see `migrate`).

    A server gives the SQLite file that it has locked: each write makes sure that it is still the right one. With
    `unhurried`, statements may take as long as they like: for commands, where nobody waits at a till. With `patient`
    they also wait for others who write a SQLite file without a pause.
    """
    if settings.on_sqlite:
        from loyalty_app.db.sqlite.engine import SqliteDatabase  # noqa: PLC0415  # each process has one dialect

        return SqliteDatabase(settings.sqlite_path, served, unhurried=patient)
    return _open_postgres(settings, limits_of(settings).unhurried if unhurried else limits_of(settings))


def _open_postgres(settings: Settings, limits: Limits) -> Database:
    """A PostgreSQL, or the cluster that it is."""
    from loyalty_app.db.citus.cluster import find_cluster  # noqa: PLC0415  # see above
    from loyalty_app.db.citus.engine import CitusDatabase  # noqa: PLC0415  # the same
    from loyalty_app.db.postgres.engine import PostgresDatabase  # noqa: PLC0415  # the same

    cluster = None if settings.database_kind == "postgresql" else find_cluster(settings.database_url)
    if cluster is None and settings.database_kind == "citus":
        raise SettingsError("LOYALTY_DATABASE_KIND is citus, but the tables are not spread yet: run `loyalty migrate`.")
    if cluster is None:
        return PostgresDatabase(settings.database_url, limits)
    return CitusDatabase(settings.database_url, limits, cluster)


def limits_of(settings: Settings) -> Limits:
    """How many connections a process opens, and how long it waits."""
    return Limits(
        pool_size=settings.database_pool_size,
        connect_seconds=settings.database_connect_seconds,
        lock_seconds=settings.database_lock_seconds,
        statement_seconds=settings.database_statement_seconds,
    )
