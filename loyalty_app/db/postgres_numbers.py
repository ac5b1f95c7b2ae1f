"""Numbers on PostgreSQL: ids from sequences, as many at once as a transaction is expected to need.

What was paid for: a round trip for each kind of number. So this process remembers which kinds were needed of late, and
they are fetched along with something else. Numbers that nobody used are lost, which harms nobody.
"""

from sqlalchemy import Connection

REWARD_BLOCK = 1_000
MOST_NUMBERS = 1_000
IN_ADVANCE = {"transaction", "delivery"}
"""Kinds that are fetched before it is known whether they are needed: nobody minds gaps in them."""


class Habits:
    """What a process keeps between transactions: the kinds that the last one needed, and numbers for rewards."""

    kinds: tuple[str, ...] = ()
    next_reward = 0
    rewards_left = 0


class PostgresNumbers:
    """Gives out numbers from sequences. A customer's transactions rise: fetch them once the row is locked."""

    def __init__(self, connection: Connection, habits: Habits, expected: int) -> None:
        self.connection, self.expected = connection, expected
        self._habits = habits
        self._taken: dict[str, list[int]] = {}
        self._needed: set[str] = set()

    @property
    def likely(self) -> tuple[str, ...]:
        """The kinds of numbers that are likely to be needed."""
        return self._habits.kinds

    def keep(self, xid: str, taken: dict[str, list[int]]) -> None:
        """Take numbers that were fetched, and note the transaction's own, by which its fate can be asked for."""
        self.connection.info["xid"] = xid
        self._taken.update({name: numbers[::-1] for name, numbers in taken.items()})

    def next(self, name: str) -> int:
        """The number that comes next, fetched with as many as this transaction is expected to need."""
        self._needed.add(name)
        if not self._taken.get(name):
            statement = f"SELECT pg_current_xact_id()::text, {fetched(name, 1)}"
            xid, numbers = self.connection.exec_driver_sql(statement, (self.expected,)).one()
            self.keep(xid, {name: numbers})
            self.expected = min(2 * self.expected, MOST_NUMBERS)
        return self._taken[name][-1]

    def use(self, name: str) -> None:
        """Note that the next number was used."""
        self._taken[name].pop()

    def next_reward(self, most: int) -> int:
        """The number that the next reward gets; `most` (at most 1,000) may follow without a gap."""
        habits = self._habits
        if habits.rewards_left < min(most, REWARD_BLOCK):
            [habits.next_reward] = self.connection.exec_driver_sql("SELECT nextval('reward_number')").one()
            habits.rewards_left = REWARD_BLOCK
        return habits.next_reward

    def rewards_issued(self, count: int) -> None:
        """Note how many numbers were used."""
        self._habits.next_reward += count
        self._habits.rewards_left -= count

    def save(self) -> None:
        """Sequences remember by themselves; which kinds were needed is remembered here."""
        self._habits.kinds = tuple(sorted(self._needed & IN_ADVANCE))


def fetched(name: str, parameter: int) -> str:
    """What in a statement fetches as many numbers of a kind as a parameter says."""
    return f"ARRAY(SELECT nextval('{name}_number') FROM generate_series(1, CAST(${parameter} AS int)))"  # noqa: S608  # our own names
