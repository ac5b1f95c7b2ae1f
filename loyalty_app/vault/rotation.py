"""Changing the key: everything that is encrypted in the database is encrypted again, a few rows at a time.

Servers run meanwhile: they know both keys. A row is changed only if it is still what was read, and the fingerprint
only once nothing is left that the new key cannot read: so a change that was stopped half way is just run again.
Columns with encrypted values are listed in `LOCKED`, and nowhere else.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, delete, func, insert, select, tuple_, update

from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import NOBODY
from loyalty_app.db.tables import card_link, idempotency, retired_secret, telegram_bot, webhook_endpoint
from loyalty_app.db.tables import vault as vault_table
from loyalty_app.settings import SettingsError
from loyalty_app.vault.keys import BEGINNING, Vault

AT_ONCE = 200
MOST_ROUNDS = 5
"""A server that still encrypts with the old key can add values while this runs; that is how often it looks for them."""


class LockedColumn(msgspec.Struct, frozen=True):
    """A column with encrypted values, and what its rows are called."""

    table: Table
    name: str
    thing: str

    @property
    def holds(self) -> ColumnElement[bool]:
        """Whether a row has an encrypted value. Answers about customers hold none, and there are millions of them."""
        column = self.table.c[self.name]
        locked = func.substr(column, 1, len(BEGINNING)) == BEGINNING
        return and_(idempotency.c.customer_id == NOBODY, locked) if self.table is idempotency else locked


LOCKED = (
    LockedColumn(webhook_endpoint, "secret", "webhook"),
    LockedColumn(webhook_endpoint, "old_secret", "webhook"),
    LockedColumn(retired_secret, "secret", "retired secret"),
    LockedColumn(telegram_bot, "token", "bot"),
    LockedColumn(card_link, "secret", "card link"),
    LockedColumn(idempotency, "answer", "answer"),
)
NEEDED = (LOCKED[0], LOCKED[3])
"""What somebody has to make again if it cannot be read."""


class KeyRotation(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of the key did: values encrypted again, and the things whose secret nobody can read any more."""

    changed: int
    unreadable: tuple[str, ...]


async def rotate_secret_key(database: Database, vault: Vault, *, kept: bytes | None, lost: bool = False) -> KeyRotation:
    """Encrypt everything with the key in use. `kept` is the fingerprint in the database.

    Raises SettingsError if neither key is that of the database, unless the old one is `lost`: then what only that key
    reads stays unreadable.
    """
    if kept is not None and kept not in vault.fingerprints and not lost:
        raise SettingsError(
            "Neither LOYALTY_SECRET_KEY nor LOYALTY_SECRET_KEY_OLD is the key of this database. Set the old key as "
            "LOYALTY_SECRET_KEY_OLD. If it is lost: `loyalty key rotate-secret-key --old-key-is-lost`."
        )
    changed = 0
    for _ in range(MOST_ROUNDS):
        now_changed = sum([await _lock_again(database, vault, column) for column in LOCKED])
        changed += now_changed
        if not now_changed:
            break
    await database.write(lambda connection: _note(connection, vault.fingerprint))
    unreadable = await database.read(lambda connection: tuple(unreadable_things(connection, vault)))
    return KeyRotation(changed=changed, unreadable=unreadable)


async def _lock_again(database: Database, vault: Vault, column: LockedColumn) -> int:
    """Encrypt the values of a column again, some rows in each transaction; return how many."""
    changed, after = 0, None
    while True:
        rows = await database.read(lambda connection, after=after: _some(connection, column, after))  # type: ignore[misc]  # bound
        if not rows:
            return changed
        changed += await database.write(lambda connection, rows=rows: _change(connection, vault, column, rows))  # type: ignore[misc]  # bound
        after = _key_of(column, rows[-1])


def _key(column: LockedColumn) -> list[ColumnElement[Any]]:
    return list(column.table.primary_key.columns)


def _key_of(column: LockedColumn, row: Row[Any]) -> tuple[object, ...]:
    return tuple(getattr(row, one.name) for one in column.table.primary_key.columns)


def _some(connection: Connection, column: LockedColumn, after: tuple[object, ...] | None) -> Sequence[Row[Any]]:
    key = _key(column)
    found: Select[Any] = select(*key, column.table.c[column.name].label("locked")).where(column.holds).order_by(*key)
    later = found if after is None else found.where(tuple_(*key) > tuple_(*after))
    return connection.execute(later.limit(AT_ONCE)).all()


def _change(connection: Connection, vault: Vault, column: LockedColumn, rows: Sequence[Row[Any]]) -> int:
    """Write what another key has encrypted; a row that changed meanwhile is left for the next round."""
    target, changed = column.table.c[column.name], 0
    for row in rows:
        renewed = vault.lock_again(row.locked)
        if renewed is not None:
            own = [one == value for one, value in zip(_key(column), _key_of(column, row), strict=True)]
            same = update(column.table).where(*own, target == row.locked)
            changed += connection.execute(same.values({column.name: renewed})).rowcount
    return changed


def _note(connection: Connection, fingerprint: bytes) -> None:
    connection.execute(delete(vault_table))
    connection.execute(insert(vault_table).values(id=1, fingerprint=fingerprint))


def unreadable_things(connection: Connection, vault: Vault) -> Iterator[str]:
    """The endpoints and bots whose secret no key reads, as `webhook 3 of business 1`."""
    for column in NEEDED:
        number = column.table.primary_key.columns.values()[-1]
        found = select(column.table.c.business_id, number.label("number"), column.table.c[column.name].label("locked"))
        for row in connection.execute(found.where(column.table.c[column.name].is_not(None)).order_by(number)):
            if not vault.reads(row.locked):
                yield f"{column.thing} {row.number} of business {row.business_id}"


def any_is_there(connection: Connection) -> bool:
    """Whether the database holds a secret."""
    return any(_some(connection, column, None) for column in NEEDED)


def any_is_read(connection: Connection, vault: Vault) -> bool:
    """Whether a key reads one of the secrets in the database."""
    return any(vault.reads(row.locked) for column in NEEDED for row in _some(connection, column, None))
