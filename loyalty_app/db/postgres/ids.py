"""Numbers on PostgreSQL: ids from sequences, as many at once as a transaction is expected to need.

What was paid for: a round trip for each kind of number. So this process remembers which kinds were needed of late, and
they are fetched along with something else. Numbers that nobody used are lost, which harms nobody.
"""

from sqlalchemy import Connection

from loyalty_app.db.postgres.driver import single_row

REWARD_BLOCK = 1_000
MOST_NUMBERS = 1_000
IN_ADVANCE = {"transaction", "delivery"}
"""Kinds that are fetched before it is known whether they are needed: nobody minds gaps in them."""
ONE_EACH = {"transaction"}
"""Kinds of which a request hardly ever needs more than one."""


class Habits:
    """What a process keeps between transactions: which numbers the last one needed, and numbers for rewards."""

    def __init__(self) -> None:
        self.each: dict[str, int] = {}
        """How many of a kind a request is likely to need."""
        self.next_reward = self.rewards_left = 0


class PostgresNumbers:
    """Gives out numbers from sequences. A customer's transactions rise: fetch them once the row is locked."""

    def __init__(self, connection: Connection, habits: Habits, expected: int) -> None:
        self.connection, self.expected = connection, expected
        self._habits, self._requests = habits, expected
        self._taken: dict[str, list[int]] = {}
        self._used: dict[str, int] = {}

    @property
    def likely(self) -> dict[str, int]:
        """How many numbers of which kinds are likely to be needed."""
        each = self._habits.each
        return {name: min(self._requests * each[name], MOST_NUMBERS) for name in each}

    def keep(self, xid: str, taken: dict[str, list[int]]) -> None:
        """Take numbers that were fetched, and note the transaction's own, by which its fate can be asked for."""
        self.connection.info["xid"] = xid
        self._taken.update({name: numbers[::-1] for name, numbers in taken.items()})

    def next(self, name: str) -> int:
        """The number that comes next, fetched with as many as this transaction is expected to need."""
        self._used.setdefault(name, 0)
        if not self._taken.get(name):
            statement = f"SELECT pg_current_xact_id()::text, {fetched(name, 1)}"
            xid, numbers = single_row(self.connection, statement, (self.expected,))
            self.keep(xid, {name: numbers})
            self.expected = min(2 * self.expected, MOST_NUMBERS)
        return self._taken[name][-1]

    def use(self, name: str) -> None:
        """Note that the next number was used."""
        self._taken[name].pop()
        self._used[name] += 1

    def next_reward(self, most: int) -> int:
        """The number that the next reward gets; `most` (at most 1,000) may follow without a gap."""
        habits = self._habits
        if habits.rewards_left < min(most, REWARD_BLOCK):
            [habits.next_reward] = single_row(self.connection, "SELECT nextval('reward_number')", ())
            habits.rewards_left = REWARD_BLOCK
        return habits.next_reward

    def rewards_issued(self, count: int) -> None:
        """Note how many numbers were used."""
        self._habits.next_reward += count
        self._habits.rewards_left -= count

    def save(self) -> None:
        """Sequences remember by themselves; what was needed is remembered here."""
        self._habits.each = {name: self._each(name, used) for name, used in self._used.items() if name in IN_ADVANCE}

    def _each(self, name: str, used: int) -> int:
        """How many of a kind a request needs: deliveries are more than one at times, which shall not cost a trip."""
        return 1 if name in ONE_EACH else used // self._requests + 1


def fetched(name: str, parameter: int, *, when: str = "true") -> str:
    """What in a statement fetches as many numbers of a kind as a parameter says, once something is known to be true."""
    numbers = f"SELECT nextval('{name}_number') FROM generate_series(1, CAST(${parameter} AS int))"  # noqa: S608  # our own names
    return f"ARRAY({numbers} WHERE {when})"
