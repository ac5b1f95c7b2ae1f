"""Ids on SQLite: the table `numbers` holds the last one of each kind, and there are no gaps."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from loyalty_app.db.bulk import BulkUpdate
from loyalty_app.db.sqlite import writes
from loyalty_app.db.tables import numbers
from loyalty_app.ids import Ids, Kind

LAST_IDS = select(numbers)


class SqliteIds(Ids):
    """Counts on from the last ids; the transaction it lives in holds the only write lock there is."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.last: dict[str, int] = {row.name: row.last for row in connection.execute(LAST_IDS)}
        self.before = dict(self.last)

    def peek(self, kind: Kind) -> int:
        """The id that comes next. It stays the next one until it is taken."""
        return self.last[kind] + 1

    def take(self, kind: Kind) -> int:
        """The id that comes next, for a thing that will be inserted."""
        self.last[kind] += 1
        return self.last[kind]

    def peek_rewards(self, most: int) -> int:
        """The id of the next reward; `most` may follow without a gap."""
        del most
        return self.peek(Kind.REWARD)

    def take_rewards(self, count: int) -> None:
        """Take so many ids of rewards, from the next one on."""
        self.last[Kind.REWARD] += count

    def likely(self) -> Mapping[Kind, int]:
        """None: the ids are there already."""
        return {}

    def keep(self, fetched: Mapping[Kind, Sequence[int]]) -> None:
        """Never called, since none are likely."""
        raise NotImplementedError  # nothing is likely, so nothing is fetched

    def save(self) -> None:
        """Write down what was taken."""
        used = [{"name": name, "last": last} for name, last in self.last.items() if last != self.before[name]]
        writes.write(self.connection, BulkUpdate(numbers, used, ("name",)))
        self.before = dict(self.last)
