"""Copying: the bulk of the rows goes over while everybody works, then what has changed since, again and again.

At the end of a round the new place is what the old one was at one moment. Both are compared there, row by row; after
that, each changed row is compared to see that it arrived. Which shops are held when, and what is opened or closed, is
not known here.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, delete, select, update

from loyalty_app.db.bulk import Values
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import allowed
from loyalty_app.db.plain_rows import PlainRow, plain_rows
from loyalty_app.db.shards import is_spread
from loyalty_app.db.tables import business, customer
from loyalty_app.moving.belongings import Cargo, early_counted
from loyalty_app.moving.books import Books
from loyalty_app.moving.carrying import Carrier, TableSum
from loyalty_app.moving.changes import Changes, forget, read_changes
from loyalty_app.moving.progress import last_copied, note_copied, tables_done
from loyalty_app.moving.provers import ProvenShare
from loyalty_app.moving.snapshots import Key, Reader, among, key_of, pages, portions, read_rows, rows_with
from loyalty_app.moving.tallies import Tallies
from loyalty_app.settings import Settings, SettingsError

SHORT_ROUND = 200
MOST_ROUNDS = 20

Progress = Callable[[str, int], None]
"""Is told the name of a table, and how many of its rows are there by now."""
Places = tuple[Database, Database]
"""The old and the new one."""
Snapshots = Callable[[], AbstractAsyncContextManager[Reader]]
REFERRED_TO = (business, customer)
"""Tables to which others refer: their rows are changed in place."""
ARRIVED_OTHERWISE = "The rows of {} arrived otherwise than they were. Nothing was closed; please report it."


class Copying:
    """Brings the early tables of a cargo from one database to another."""

    def __init__(
        self, places: Places, cargo: Cargo, carrier: Carrier, *, progress: Progress, target: Settings | None = None
    ) -> None:
        """`target` are the settings of the new place: with them provers help where there is much to prove."""
        self.old, self.new = places
        self.cargo, self.carrier, self.progress, self.target = cargo, carrier, progress, target
        self._durable = is_spread(self.new)
        """Of a cluster each machine commits for itself: then the coordinator must not lag behind the others."""
        self.books: Books | None = None
        """Set once the books were proven: later changes are proven one by one."""
        self.tallies: Tallies | None = None
        self._copied: dict[str, TableSum] = {}
        """The sums of the tables that were copied in one go, all from one snapshot."""

    async def go_over(self, snapshots: Snapshots, there: Cargo) -> dict[str, int]:
        """Bring everything over while everybody works, and prove it; return how many rows each table has.

        `there` is the cargo by the numbers of the new place. Raises SettingsError if something arrives otherwise.
        """
        async with snapshots() as reader:
            await self.copy(reader)
        sums = self._copied
        if len(sums) < len(self.cargo.early):  # a move before this one had begun
            await self.catch_up(snapshots)
            async with snapshots() as reader:
                await self.follow(reader)
                sums = await self._add_up(reader)
        await self._prove(sums, there)
        await self.catch_up(snapshots)
        self.tallies = Tallies(self.new, (self.cargo, there), renumbered=not self.carrier.numbers.none)
        async with snapshots() as reader:
            await self.follow(reader)
            await self.tallies.compare(reader)
        counts = await self.new.read(lambda connection: early_counted(connection, there))
        await self.catch_up(snapshots)
        await self._proven_books.close(self.new)
        return counts

    async def finish(self, reader: Reader, today: date) -> None:
        """Bring the last changes over, now that nobody writes, and compare the totals. Raises SettingsError."""
        await self.follow(reader, last=True)
        assert self.tallies is not None  # noqa: S101  # all was compared before
        await self.tallies.compare_totals(reader, today)
        await self._proven_books.close(self.new)

    @property
    def _proven_books(self) -> Books:
        assert self.books is not None  # noqa: S101  # they were proven before
        return self.books

    async def catch_up(self, snapshots: Snapshots) -> None:
        """Follow the changes until a round is short, or not half as long as the one before: it gets no better then."""
        before = None
        for _ in range(MOST_ROUNDS):
            async with snapshots() as reader:
                lines = await self.follow(reader)
            if lines <= SHORT_ROUND or (before is not None and lines > before / 2):
                return
            before = lines

    async def copy(self, reader: Reader) -> None:
        """Copy what is not there yet."""
        done = await self.new.read(tables_done)
        for table in self.cargo.early:
            if table.name not in done:
                await self._copy_table(reader, table)

    async def _copy_table(self, reader: Reader, table: Table) -> None:
        after = await self.new.read(lambda connection: last_copied(connection, table))
        summed, writing = TableSum(), asyncio.create_task(asyncio.sleep(0))
        try:
            async with aclosing(pages(reader, table, self.cargo.rows_of(table), after=after)) as found:
                async for rows in found:
                    summed.add(self._summed(table, rows, old=True))
                    await writing
                    writing = asyncio.create_task(self._write(table, rows))  # while the next ones are read
                    self.progress(table.name, summed.rows)
        finally:
            await asyncio.wait((writing,))
        await writing
        if after is None:
            self._copied[table.name] = summed
        await self.new.write(lambda connection: note_copied(connection, table, None, done=True), durable=self._durable)

    async def _write(self, table: Table, rows: Sequence[PlainRow]) -> None:
        values = self.carrier.all_carried(table, rows)

        def work(connection: Connection) -> None:
            with allowed(connection, table):
                self.new.load(connection, table, values)
            note_copied(connection, table, key_of(table, rows[-1]))

        await self.new.write(work, durable=self._durable)

    async def follow(self, reader: Reader, *, last: bool = False) -> int:
        """Bring over all that was changed until the moment of the snapshot; return how many lines the log had.

        The `last` round leaves the log as it is: then nobody writes at the old place, and nobody else may either.
        """
        changes = await read_changes(reader, self.cargo.early)
        if not changes.lines:
            return 0
        affected = await self._affected(reader, changes)
        if self.books is not None:
            await self.books.take_out(self.new, affected)
        await self._remove(changes)
        for table in self.cargo.early:
            for keys in portions(sorted(changes.keys.get(table.name, ()), key=repr)):
                await self._bring(reader, table, keys)
        await self._remove_customers(reader, changes)
        if self.books is not None:
            await self.books.put_in(self.new, affected)
        if not last:
            # What follows is durable, and so is all that was written before it; only then it may be forgotten there.
            await self.new.write(lambda connection: note_copied(connection, business, None, done=True))
            await forget(self.old, changes)
        return changes.noted

    async def _affected(self, reader: Reader, changes: Changes) -> set[tuple[int, int]]:
        """The customers about whom something was changed, by their keys at the new place."""
        if self.books is None:
            return set()
        found: set[tuple[int, int]] = set()
        for table in self.books.of_shops:
            self.books.touch(self.carrier.numbers.of_shop(key[0]) for key in changes.keys.get(table.name, ()))
        for table in self.books.tables:
            for keys in portions(changes.keys.get(table.name, ())):
                carried = [self.carrier.key(table, key) for key in keys]
                old = await read_rows(reader, table, keys, _whose)
                found |= {(self.carrier.numbers.of_shop(shop), number) for shop, number in old}
                found |= await self.new.read(_whose(table, carried))
        return found

    async def _remove(self, changes: Changes) -> None:
        """Remove the rows that have changed; of customers, only the phone numbers, which may have gone to others."""
        for table in reversed(self.cargo.early):
            carried = [self.carrier.key(table, key) for key in changes.keys.get(table.name, ())]
            for which in rows_with(table, carried):
                change: Any = delete(table).where(*which)
                if table is customer:
                    change = update(table).where(*which).values(phone=None)
                if table is not business:
                    await self.new.write(_running(table, change), durable=self._durable)

    async def _bring(self, reader: Reader, table: Table, keys: Sequence[Key]) -> None:
        rows = await read_rows(reader, table, keys, self._asked)
        carried = [self.carrier.carried(table, row) for row in rows]
        await self.new.write(lambda connection: self._put(connection, table, carried), durable=self._durable)
        await self._check(table, keys, rows)

    def _asked(self, table: Table, keys: Sequence[Key]) -> Callable[[Connection], list[PlainRow]]:
        own = select(table).where(among(table, keys), self.cargo.rows_of(table))
        return lambda connection: plain_rows(connection, [*table.columns], own)

    def _put(self, connection: Connection, table: Table, rows: Sequence[Values]) -> None:
        names = tuple(column.name for column in table.primary_key.columns)
        there: set[Key] = set()
        if table in REFERRED_TO and rows:
            keys = [tuple(row[name] for name in names) for row in rows]
            asked = select(*table.primary_key.columns).where(among(table, keys))
            there = {tuple(row) for row in connection.execute(asked)}
        with allowed(connection, table):
            kept = [row for row in rows if tuple(row[name] for name in names) in there]
            self.new.update(connection, table, [self._kept_closed(table, row) for row in kept], key=names)
            self.new.insert(connection, table, [row for row in rows if row not in kept] if kept else rows)

    def _kept_closed(self, table: Table, row: Values) -> Values:
        return {**row, "moved_to": ""} if table is business and self.cargo.shops is not None else row

    async def _check(self, table: Table, keys: Sequence[Key], rows: Sequence[PlainRow]) -> None:
        """Raise SettingsError unless these rows are at the new place what they are at the old one."""
        carried = [self.carrier.key(table, key) for key in keys]
        asked = select(table).where(among(table, carried))
        there = await self.new.read(lambda connection: plain_rows(connection, [*table.columns], asked))
        if table is customer:  # those who are gone go at the end
            known = {self.carrier.key(table, key_of(table, row)) for row in rows}
            there = [row for row in there if key_of(table, row) in known]
        if self._sum(table, rows, old=True) != self._sum(table, there, old=False):
            raise SettingsError(ARRIVED_OTHERWISE.format(table.name))

    async def _remove_customers(self, reader: Reader, changes: Changes) -> None:
        for keys in portions(changes.keys.get(customer.name, ())):
            left = {key_of(customer, row) for row in await read_rows(reader, customer, keys, self._asked)}
            gone = [self.carrier.key(customer, key) for key in keys if key not in left]
            for which in rows_with(customer, gone):
                await self.new.write(_running(customer, delete(customer).where(*which)), durable=self._durable)

    async def _add_up(self, reader: Reader) -> dict[str, TableSum]:
        """The sums of all tables, as they are at the old place now."""
        return {table.name: await self._sum_of(reader, table, self.cargo, old=True) for table in self.cargo.early}

    async def _prove(self, sums: dict[str, TableSum], there: Cargo) -> None:
        """Compare what is at the new place with sums of the old one, and prove its books. Raises SettingsError.

        Nothing may have followed since the moment of the sums. What the proof reads is added up on the way.
        """
        books, read = Books(there), {table.name: TableSum() for table in Books.read_whole}

        def seen(table: Table, rows: list[PlainRow]) -> None:
            read[table.name].add(self._summed(table, rows, old=False))
            self.progress(f"proven: {table.name}", read[table.name].rows)

        def proven(share: ProvenShare) -> None:
            for name, summed in share.sums.items():
                read[name].include(summed)
                self.progress(f"proven: {name}", read[name].rows)

        if self.target is None or not await books.prove_beside(self.new, self.target, proven):
            await books.prove(self.new, seen)
        for table in self.cargo.early:
            if read.get(table.name) != sums[table.name]:
                await self._compare_table(table, sums[table.name], there)
        books.check()
        self.books = books

    async def _compare_table(self, table: Table, old: TableSum, there: Cargo) -> None:
        if old != await self._sum_of(self.new, table, there, old=False):
            raise SettingsError(ARRIVED_OTHERWISE.format(table.name))

    async def _sum_of(self, reader: Reader, table: Table, cargo: Cargo, *, old: bool) -> TableSum:
        summed = TableSum()
        async with aclosing(pages(reader, table, cargo.rows_of(table))) as found:
            async for rows in found:
                summed.add(self._summed(table, rows, old=old))
                self.progress(f"compared: {table.name}", summed.rows)
        return summed

    def _sum(self, table: Table, rows: Sequence[PlainRow], *, old: bool) -> TableSum:
        summed = TableSum()
        summed.add(self._summed(table, rows, old=old))
        return summed

    def _summed(self, table: Table, rows: Sequence[PlainRow], *, old: bool) -> Sequence[PlainRow]:
        found = self.carrier.summed_old(table, rows) if old else self.carrier.summed_new(table, rows)
        if table is business and self.cargo.shops is not None:  # where it is differs, of course
            place = [*business.c.keys()].index("moved_to")
            return [[*row[:place], *row[place + 1 :]] for row in found]
        return found


def _whose(table: Table, keys: Sequence[Key]) -> Callable[[Connection], set[tuple[int, int]]]:
    owner = table.c.id if table is customer else table.c.customer_id
    asked = select(table.c.business_id, owner).where(among(table, keys))
    return lambda connection: {(row[0], row[1]) for row in connection.execute(asked)}


def _running(table: Table, change: Any) -> Callable[[Connection], None]:  # noqa: ANN401  # either kind of change
    def work(connection: Connection) -> None:
        with allowed(connection, table):
            connection.execute(change).close()

    return work
