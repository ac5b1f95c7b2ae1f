"""A leased table: gives out the waiting rows of a table under leases, to any number of processes at once.

A lease is a token and the moment when it ends. Claiming writes both into the row; the holder of the token may renew the
lease, record the result of the work, or give the row back. A lease that ends at this very moment is over: the row is
free for others. Once another process has claimed it, its former holder writes nothing; until then a late result is
still recorded. Every queue of the application gives its rows out here.

Here are the two columns of a lease and the statements about them. What a queue holds, which rows are due in which
order, and what is written when a job is done, is decided by the queue.

`claim`, `renew` and `release` wait for no lock, so they may follow any other lock in a transaction. `held` waits; it
locks rows in the order of their keys.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Self, TypeAlias

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from loyalty_app.db.bulk import Values
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import served
from loyalty_app.db.shards import Shard, shards_of
from loyalty_app.db.tables.homes import HOMES, TableHome
from loyalty_app.db.types import UtcDateTime
from loyalty_app.queues.lease_tokens import is_gone, new_token

NOW = bindparam("now", type_=UtcDateTime())
"""The moment of a question: a `due` uses it, `is_due` and `claim` give its value."""
AT_ONCE = 64
"""How many leases are asked about in one statement."""

Key: TypeAlias = tuple[int, ...]
Given: TypeAlias = Mapping[str, Sequence[int] | Sequence[Key] | datetime | bool]


class Lease(msgspec.Struct, frozen=True):
    """The right to work on one row: the row's key, and the token of its claim."""

    key: Key
    token: str


def free(until: ColumnElement[datetime | None]) -> ColumnElement[bool]:
    """Whether nobody holds a row at the moment `NOW`; `until` is the column with the end of its lease."""
    return or_(until.is_(None), until <= NOW)


class LeasedTable:
    """Gives out the rows of one table.

    - `table` has a column `lease` for the token, and one for the end of a lease, which `until` names. A queue may
      write a moment there for a row that nobody holds: the row waits until then.
    - `key` names the columns that rows are found by; all are integers.
    - `due` selects the rows that can be worked on, in the order in which they are served, whether held or not. It may
      use `NOW`, and other parameters, which come as `given`. Once PostgreSQL has locked a row, it checks only the
      outermost query again: so that must have every condition that may have changed.
    - `lasts` is how long a lease is, unless it is renewed.

    `counting` names a column for the number of claims. It is raised when a row is claimed, not when its result is
    recorded: so work that never comes back, because it ended its process, counts too.

    Raises only what the database raises; a lost lease is no error.

        invoices = LeasedTable(
            invoice,
            key=("business_id", "id"),
            due=select(invoice).where(invoice.c.send_at <= NOW).order_by(invoice.c.send_at),
            lasts=timedelta(seconds=60),
        )
        for row, lease in invoices.claim(connection, database, now=now, room=10): ...
    """

    def __init__(
        self, table: Table, *, key: tuple[str, ...], due: Select[Any], lasts: timedelta, until: str = "lease_until"
    ) -> None:
        self._among: ColumnElement[bool] = true()
        self.table, self.key, self.lasts, self.until = table, key, lasts, until
        self._counted: str | None = None
        self._freed: Values = {"lease": None, until: None}
        free_and_due = due.where(free(table.c[until]), *([served(table)] if "business_id" in table.c else ()))
        anything = free_and_due.order_by(None).with_only_columns(literal(1), maintain_column_froms=True)
        self._is_due = select(anything.exists())
        self._claimable = free_and_due.limit(bindparam("room")).with_for_update(of=table, skip_locked=True)

    def among(self, waiting: ColumnElement[bool]) -> Self:
        """Name the rows that can be leased at all, so that an index finds them among those that are done."""
        self._among = waiting
        return self

    def counting(self, column: str) -> Self:
        """Count claims in a column from now on."""
        self._counted = column
        return self

    def _count_of(self, row: Row[Any], change: int) -> Values:
        return {self._counted: getattr(row, self._counted) + change} if self._counted is not None else {}

    def shards(self, database: Database) -> Sequence[Shard | None]:
        """The parts of the database in which rows of this table are; each is claimed from by itself."""
        return shards_of(database, self.table.name)

    def shard_of(self, database: Database, key: Key) -> Shard | None:
        """The part in which a row is; its key begins with its business."""
        return database.shard_of(key[0]) if HOMES.get(self.table.name) is TableHome.SHARD else None

    def is_due(self, connection: Connection, now: datetime, given: Given | None = None) -> bool:
        """Whether any row can be claimed."""
        return bool(connection.execute(self._is_due, {"now": now, **(given or {})}).scalar_one())

    def claim(
        self, connection: Connection, database: Database, *, now: datetime, room: int, given: Given | None = None
    ) -> list[tuple[Row[Any], Lease]]:
        """Lease at most `room` rows; give each as `due` selects it, with its lease. It skips rows that others lock.

        Rows that cannot be leased now are left out, and others come in their place: those of a shop that is about to
        move, or that is held.
        """
        leased: list[tuple[Row[Any], Lease]] = []
        passed: set[int] = set()
        while True:
            asked = self._claimable.where(self.table.c.business_id.not_in(passed)) if passed else self._claimable
            values = {"now": now, "room": room - len(leased), **(given or {})}
            rows = connection.execute(asked, values).all()
            got = self._lease(connection, database, rows, now)
            leased += got
            if len(got) == len(rows) or "business_id" not in self.key:
                return leased
            passed |= {row.business_id for row in rows} - {row.business_id for row, _ in got}

    def _lease(
        self, connection: Connection, database: Database, rows: Sequence[Row[Any]], now: datetime
    ) -> list[tuple[Row[Any], Lease]]:
        """Write leases into rows that were found; give those that have them."""
        token, end = new_token(), now + self.lasts
        leases = [Lease(self._key_in(row), token) for row in rows]
        leased = (
            {**self._key_of(lease), "lease": token, self.until: end, **self._count_of(row, 1)}
            for row, lease in zip(rows, leases, strict=True)
        )
        if database.update(connection, self.table, leased, key=self.key) < len(rows):
            ours = self.held(connection, database, leases)
            return [(row, lease) for row, lease in zip(rows, leases, strict=True) if lease in ours]
        return list(zip(rows, leases, strict=True))

    def in_hand(self, which: ColumnElement[bool], now: datetime) -> Select[Any]:
        """Asks how many rows among some are leased, by leases that go on."""
        held = (self.table.c.lease.is_not(None), self.table.c[self.until] > now)
        return select(func.count()).select_from(self.table).where(self._among, which, *held)

    def renew(self, connection: Connection, database: Database, leases: Sequence[Lease], *, now: datetime) -> None:
        """Extend leases, from now. A lost one is left to the holder of the row.

        A locked row is skipped as well, until the next time.
        """
        self._change(connection, database, leases, {self.until: now + self.lasts})

    def release(self, connection: Connection, database: Database, leases: Sequence[Lease]) -> None:
        """Give rows back unchanged: others may claim them at once. The lease of a locked one ends by itself."""
        self._change(connection, database, leases, self._freed, claims=-1)

    def _change(
        self, connection: Connection, database: Database, leases: Sequence[Lease], values: Values, *, claims: int = 0
    ) -> None:
        columns = (*self.key, *([self._counted] if self._counted else ()))
        for first in range(0, len(leases), AT_ONCE):
            some = leases[first : first + AT_ONCE]
            held = select(*(self.table.c[name] for name in columns)).where(or_(*map(self._is_held, some)))
            rows = connection.execute(held.with_for_update(skip_locked=True)).all()
            changed = (
                {**row._mapping, **values, **self._count_of(row, claims)}  # noqa: SLF001  # what SQLAlchemy offers
                for row in rows
            )
            database.update(connection, self.table, changed, key=self.key)

    def release_gone(self, connection: Connection, database: Database, *, now: datetime) -> int:
        """Free what processes of this machine had leased that are gone; return how many rows. Claims stay counted."""
        until = self.table.c[self.until]
        held = select(*(self.table.c[name] for name in (*self.key, "lease"))).where(
            self._among, self.table.c.lease.is_not(None), until > now
        )
        keys = [self._key_in(row) for row in connection.execute(held) if is_gone(row.lease)]
        freed = [{**dict(zip(self.key, key, strict=True)), **self._freed} for key in keys]
        return database.update(connection, self.table, freed, key=self.key)

    def release_all(self, connection: Connection, among: ColumnElement[bool]) -> None:
        """Free the rows that `among` selects. Call it only when no other process is running."""
        connection.execute(update(self.table).where(among).values(**self._freed))

    def held(self, connection: Connection, database: Database, leases: Iterable[Lease]) -> dict[Lease, Row[Any]]:
        """The leases that were not lost, each with its row, locked until the transaction ends."""
        asked = list(leases)
        found = database.fetch(connection, self.table, self.key, [lease.key for lease in asked], lock=True)
        rows = {self._key_in(row): row for row in found}
        return {one: rows[one.key] for one in asked if one.key in rows and rows[one.key].lease == one.token}

    def finish(self, connection: Connection, database: Database, done: Mapping[Lease, Values]) -> None:
        """Write results into rows that `held` has found, the same columns for each, and free them."""
        rows = ({**self._freed, **values, **self._key_of(lease)} for lease, values in done.items())
        database.update(connection, self.table, rows, key=self.key)

    def _is_held(self, lease: Lease) -> ColumnElement[bool]:
        own = (self.table.c[name] == value for name, value in self._key_of(lease).items())
        return and_(*own, self.table.c.lease == lease.token)

    def _key_in(self, row: Row[Any]) -> Key:
        return tuple(getattr(row, name) for name in self.key)

    def _key_of(self, lease: Lease) -> dict[str, int]:
        return dict(zip(self.key, lease.key, strict=True))
