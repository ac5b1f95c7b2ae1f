"""Carrying: what a row of the old place is at the new one, with its new numbers, and its secrets locked again.

Also the sums by which both places are compared. They are of the digests of all rows, so that they do not depend on the
order, for databases order texts differently. A secret counts with what it says: locking it twice gives two values.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, Table

from loyalty_app.db.bulk import Values
from loyalty_app.moving.renumbering import NewNumbers
from loyalty_app.moving.snapshots import Key
from loyalty_app.vault import Vault
from loyalty_app.vault.keys import BEGINNING
from loyalty_app.vault.rotation import LOCKED

DIGEST_BYTES = 16

encode = msgspec.json.Encoder().encode


class TableSum(msgspec.Struct):
    """How many rows a table has, and the sum of their digests."""

    rows: int = 0
    digest: int = 0

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        """Add rows, in whatever order."""
        for row in rows:
            self.rows += 1
            digest = hashlib.blake2b(encode(tuple(row)), digest_size=DIGEST_BYTES).digest()
            self.digest = (self.digest + int.from_bytes(digest)) % 2 ** (8 * DIGEST_BYTES)


class Vaults(msgspec.Struct, frozen=True):
    """The keys of both places."""

    old: Vault
    new: Vault


class Carrier(msgspec.Struct, frozen=True):
    """Makes the rows of the new place; without `vaults` the key is the same, and secrets stay as they are."""

    numbers: NewNumbers = NewNumbers()
    vaults: Vaults | None = None

    def carried(self, table: Table, row: Row[Any]) -> Values:
        """A row of the old place as it is written at the new one."""
        values: Values = dict(row._mapping)  # noqa: SLF001  # what SQLAlchemy offers
        if self.vaults is not None and (locked := locked_columns(table)):
            values = {**values, **{name: self._locked_again(values[name]) for name in locked}}
        return self.numbers.renumbered(table, values)

    def all_carried(self, table: Table, rows: Sequence[Row[Any]]) -> list[Sequence[object]]:
        """The same of many rows, as their values in the order of the columns."""
        if self.numbers.none and (self.vaults is None or not locked_columns(table)):
            return [tuple(row) for row in rows]
        return [tuple(self.carried(table, row).values()) for row in rows]

    def key(self, table: Table, key: Key) -> Key:
        """The key of a row at the new place. Keys carry what `renumbered` needs."""
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

    def summed_old(self, table: Table, rows: Iterable[Row[Any]]) -> Iterable[Sequence[object]]:
        """Rows of the old place, to be added up as they have to be at the new one."""
        locked = locked_columns(table) if self.vaults is not None else ()
        if not locked and self.numbers.none:
            return rows
        return [self._to_compare(table, self.numbers.renumbered(table, dict(row._mapping)), old=True) for row in rows]  # noqa: SLF001

    def summed_new(self, table: Table, rows: Iterable[Row[Any]]) -> Iterable[Sequence[object]]:
        """Rows of the new place, to be added up."""
        if self.vaults is None or not locked_columns(table):
            return rows
        return [self._to_compare(table, dict(row._mapping), old=False) for row in rows]  # noqa: SLF001

    def _to_compare(self, table: Table, row: Values, *, old: bool) -> Sequence[object]:
        locked = locked_columns(table)
        return [self.said(value, old=old) if name in locked else value for name, value in row.items()]


def locked_columns(table: Table) -> tuple[str, ...]:
    """The columns of a table with encrypted values."""
    return tuple(one.name for one in LOCKED if one.table is table)
