"""Kept rows: shops and webhook endpoints, which every batch asks for, stay in memory until one may have changed.

Why: to read a shop costs as much as a third of its stamp, and a batch of many shops reads each of them. What is kept is
as new as what would be read. SQLite says whether another connection has committed anything (`PRAGMA data_version`).
All that this process writes goes through one connection: a statement that names such a table makes all of it be read
again, and nothing is kept from the rest of its transaction, which may be rolled back.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, Table, event

from loyalty_app.db.bulk import Lookup, Seen, Wanted
from loyalty_app.db.sqlite import reads
from loyalty_app.db.tables import business, webhook_endpoint

KEPT = {business: ("id",), webhook_endpoint: ("business_id",)}
"""The tables, and by which columns their rows are asked for."""
MOST_KEPT = 20_000
"""The most answers for each table; a shop takes about two kilobytes."""
READING = ("SELECT", "BEGIN", "PRAGMA")
NAMED = re.compile(rf"\b({'|'.join(table.name for table in KEPT)})\b")


class KeptRows:
    """The rows of those tables that batches have asked for. Used in the writer's thread only."""

    def __init__(self, writer: Engine) -> None:
        self._rows: dict[Table, dict[Wanted, list[Seen]]] = defaultdict(dict)
        self._version: int | None = None
        self._is_current = self._changing = False
        event.listen(writer, "connect", self._connect)
        event.listen(writer, "begin", self._begin)
        event.listen(writer, "before_cursor_execute", self._look)

    def rows(self, connection: Connection, asked: Lookup) -> list[Seen]:
        """The rows that a question is about, in a transaction of the writer."""
        if KEPT.get(asked.table) != asked.columns or asked.null or self._changing:
            return reads.rows(connection, asked)
        self._check_others(connection)
        kept = self._rows[asked.table]
        if unknown := set(asked.wanted) - kept.keys():
            if len(kept) + len(unknown) > MOST_KEPT:
                kept.clear()
                unknown = set(asked.wanted)
            self._read(connection, asked, unknown)
        return [row for wanted in set(asked.wanted) for row in kept[wanted]]

    def _check_others(self, connection: Connection) -> None:
        """Drop all if another connection has committed something since it was read; once in a transaction."""
        if self._is_current:
            return
        version = reads.execute(connection, "PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._rows.clear()
            self._version = version
        self._is_current = True

    def _read(self, connection: Connection, asked: Lookup, unknown: set[Wanted]) -> None:
        """Keep the answers to what is unknown, once all of them are there: reading may fail."""
        found: dict[Wanted, list[Seen]] = {wanted: [] for wanted in unknown}
        for row in reads.rows(connection, Lookup(asked.table, asked.columns, unknown)):
            found[tuple(getattr(row, name) for name in asked.columns)].append(row)
        self._rows[asked.table].update(found)

    def note(self, written: Iterable[Table]) -> None:
        """Note in which tables rows are about to be written."""
        if any(table in KEPT for table in written):
            self._forget()

    def _connect(self, *_: object) -> None:
        self._version = None  # another connection counts differently

    def _begin(self, _connection: Connection) -> None:
        self._is_current = self._changing = False

    def _look(self, _connection: Connection, _cursor: object, statement: str, *_: Any) -> None:  # noqa: ANN401  # SQLAlchemy's
        if _may_change(statement):
            self._forget()

    def _forget(self) -> None:
        self._rows.clear()
        self._changing = True


@lru_cache(512)
def _may_change(statement: str) -> bool:
    """Whether a statement may change one of those tables: it names one, and does not only read."""
    return not statement.lstrip().startswith(READING) and NAMED.search(statement) is not None
