"""Ids on PostgreSQL: taken from sequences, as many at once as a transaction is expected to need.

Why: a round trip for each kind of id would cost more than the writing. So this process remembers which kinds the last
transaction needed, and fetches them along with other queries. Unused ids are lost, which harms nobody.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from loyalty_app.db.postgres.driver import single_row
from loyalty_app.ids import Ids, Kind

REWARD_BLOCK = 1_000
MOST_IDS = 1_000
IN_ADVANCE = {Kind.TRANSACTION, Kind.DELIVERY}
"""Kinds that may be fetched before they are needed: gaps in them harm nobody."""
ONE_EACH = {Kind.TRANSACTION}
"""Kinds of which a request rarely needs more than one."""


class IdHabits:
    """What a process keeps between transactions: which ids the last needed, and ids for rewards."""

    def __init__(self) -> None:
        self.each: dict[Kind, int] = {}
        """How many of each kind a request is likely to need."""
        self.next_reward = self.rewards_left = 0


class PostgresIds(Ids):
    """Takes ids from sequences. A customer's transaction ids rise: fetch them once the row is locked."""

    def __init__(self, connection: Connection, habits: IdHabits, expected: int) -> None:
        self.connection, self.expected = connection, expected
        self._habits, self._requests = habits, expected
        self._fetched: dict[Kind, list[int]] = {}
        self._used: dict[Kind, int] = {}

    def likely(self) -> Mapping[Kind, int]:
        """How many ids of each kind to fetch, judging by the last transaction and this number of requests."""
        each = self._habits.each
        return {kind: min(self._requests * each[kind], MOST_IDS) for kind in each}

    def keep(self, fetched: Mapping[Kind, Sequence[int]]) -> None:
        """Keep fetched ids, in their order, after those that are left."""
        for kind, ids in fetched.items():
            self._fetched[kind] = [*reversed(ids), *self._fetched.get(kind, ())]

    def peek(self, kind: Kind, *, ahead: int = 0) -> int:
        """The next id, or one that follows it. It stays the next until it is taken."""
        fetched = self._fetched.get(kind)
        while not fetched or len(fetched) <= ahead:
            fetched = self._fetch(kind)
        self._used.setdefault(kind, 0)
        return fetched[-1 - ahead]

    def _fetch(self, kind: Kind) -> list[int]:
        statement = f"SELECT pg_current_xact_id()::text, {next_ids(kind, 1)}"
        xid, ids = single_row(self.connection, statement, (self.expected,))
        self.connection.info["xid"] = xid  # for asking whether the transaction was committed
        self.keep({kind: ids})
        self.expected = min(2 * self.expected, MOST_IDS)
        return self._fetched[kind]

    def take(self, kind: Kind) -> int:
        """Take the next id, for a row that will be inserted."""
        self.peek(kind)
        self._used[kind] += 1
        return self._fetched[kind].pop()

    def peek_rewards(self, most: int) -> int:
        """The id of the next reward; `most` (at most 1,000) may follow without a gap."""
        habits = self._habits
        if habits.rewards_left < min(most, REWARD_BLOCK):
            habits.next_reward = self._next_reward()
            habits.rewards_left = REWARD_BLOCK
        return habits.next_reward

    def _next_reward(self) -> int:
        [number] = single_row(self.connection, "SELECT nextval('reward_number')", ())
        return int(number)

    def take_rewards(self, count: int) -> None:
        """Take `count` reward ids, from the next one on."""
        self._habits.next_reward += count
        self._habits.rewards_left -= count

    def save(self) -> None:
        """Remember what a batch has needed; sequences need no saving."""
        if Kind.TRANSACTION not in self._used:  # what others need says nothing about the next batch
            return
        self._habits.each = {kind: self._each(kind, used) for kind, used in self._used.items() if kind in IN_ADVANCE}

    def _each(self, kind: Kind, used: int) -> int:
        """How many of a kind a request needs. Deliveries may be several, and must not cost a round trip then."""
        return 1 if kind in ONE_EACH else used // self._requests + 1


def next_ids(kind: Kind, parameter: int, *, when: str = "true") -> str:
    """SQL that fetches as many ids of a kind as a parameter says, once the condition `when` is known to be true."""
    ids = f"SELECT nextval('{kind}_number') FROM generate_series(1, CAST(${parameter} AS int))"  # noqa: S608  # our own names
    return f"ARRAY({ids} WHERE {when})"
