"""Carrying: what a row of the old place is at the new one, with its new numbers, and its secrets locked again.

Also the sums by which both places are compared. They are of the digests of all rows, so that they do not depend on the
order, for databases order texts differently. A secret counts with what it says: locking it twice gives two values.
"""

from array import array
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import source_hash

import msgspec
from sqlalchemy import Table

from loyalty_app.db.bulk import Values
from loyalty_app.db.plain_rows import PlainRow
from loyalty_app.moving.renumbering import NewNumbers
from loyalty_app.moving.snapshots import Key
from loyalty_app.vault import Vault
from loyalty_app.vault.keys import BEGINNING
from loyalty_app.vault.rotation import LOCKED

DIGESTS = 2**64

encode = msgspec.json.Encoder().encode


class TableSum(msgspec.Struct):
    """How many rows a table has, and the sum of their digests: Python's SipHash, which is the same in each process."""

    rows: int = 0
    digest: int = 0

    def add(self, rows: Sequence[PlainRow]) -> None:
        """Add rows, in whatever order."""
        self.rows += len(rows)
        self.digest = (self.digest + sum(array("Q", b"".join(map(source_hash, map(encode, rows)))))) % DIGESTS

    def include(self, other: "TableSum") -> None:
        """Add the sum of other rows of the same table."""
        self.rows += other.rows
        self.digest = (self.digest + other.digest) % DIGESTS


class Vaults(msgspec.Struct, frozen=True):
    """The keys of both places."""

    old: Vault
    new: Vault


class Carrier(msgspec.Struct, frozen=True):
    """Makes the rows of the new place; without `vaults` the key is the same, and secrets stay as they are."""

    numbers: NewNumbers = NewNumbers()
    vaults: Vaults | None = None

    def carried(self, table: Table, row: PlainRow) -> Values:
        """A row of the old place as it is written at the new one, by the names of the columns."""
        return dict(zip(table.columns.keys(), self.all_carried(table, [row])[0], strict=True))

    def all_carried(self, table: Table, rows: Sequence[PlainRow]) -> Sequence[PlainRow]:
        """The same of many rows, as their values in the order of the columns."""
        return self._with_secrets(table, self._renumbered(table, rows), self._locked_again)

    def _renumbered(self, table: Table, rows: Sequence[PlainRow]) -> Sequence[PlainRow]:
        if self.numbers.none:
            return rows
        renumbered = [row.copy() for row in rows]
        self.numbers.renumber_all(table, table.columns.keys(), renumbered)
        return renumbered

    def _with_secrets(
        self, table: Table, rows: Sequence[PlainRow], change: Callable[[object], object]
    ) -> Sequence[PlainRow]:
        """Rows with changed secrets, if the keys of the places differ."""
        locked = locked_columns(table) if self.vaults is not None else ()
        if not locked:
            return rows
        names = table.columns.keys()
        return [
            [change(value) if name in locked else value for name, value in zip(names, row, strict=True)] for row in rows
        ]

    def key(self, table: Table, key: Key) -> Key:
        """The key of a row at the new place. Keys carry what renumbering needs."""
        if self.numbers.none:
            return key
        names = [column.name for column in table.primary_key.columns]
        return tuple(self.numbers.renumbered(table, dict(zip(names, key, strict=True))).values())

    def _locked_again(self, value: object) -> object:
        said = self.said(value, old=True)
        return self.vaults.new.lock(said) if self.vaults is not None and isinstance(said, str) else value

    def said(self, value: object, *, old: bool) -> object:
        """What a secret says; a value that is none stays as it is."""
        if self.vaults is None or not isinstance(value, bytes) or not value.startswith(BEGINNING):
            return value
        vault = self.vaults.old if old else self.vaults.new
        return vault.unlock(value) if vault.reads(value) else value

    def summed_old(self, table: Table, rows: Sequence[PlainRow]) -> Sequence[PlainRow]:
        """Rows of the old place, to be added up as they have to be at the new one."""
        return self._with_secrets(table, self._renumbered(table, rows), partial(self.said, old=True))

    def summed_new(self, table: Table, rows: Sequence[PlainRow]) -> Sequence[PlainRow]:
        """Rows of the new place, to be added up."""
        return self._with_secrets(table, rows, partial(self.said, old=False))


def locked_columns(table: Table) -> tuple[str, ...]:
    """The columns of a table with encrypted values."""
    return tuple(one.name for one in LOCKED if one.table is table)
