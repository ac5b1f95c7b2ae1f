"""The same questions asked of a small crowd and of a large one, and how many times as long the large one takes.

Round after round each question is asked of each place in turn. Why: machines drift.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from bench.crowd.shape import Crowd
from bench.crowd.store import Place
from bench.query_times import Asked, Verb, ask
from bench.rounds import keep

SLOWER = 1.5
"""How many times as long a question with a goal may take on the large crowd."""
NO_TIME_MS = 0.1


class Question(msgspec.Struct, frozen=True):
    """A question: its name, its verbs in turn, and how long the database may take, if there is a goal."""

    name: str
    verbs: Sequence[Verb]
    goal_ms: float | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one question in one kind of database: the rounds of the small crowd and of the large one."""

    database: str
    question: str
    goal_ms: float | None
    small: list[Asked]
    large: list[Asked]

    @property
    def times(self) -> float:
        """How many times as long the large crowd takes: the median over rounds, each of which compares one moment."""
        pairs = zip(self.small, self.large, strict=True)
        return statistics.median(large.database_ms / small.database_ms for small, large in pairs)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None if there is none."""
        if self.goal_ms is None:
            return None
        small, large = median(self.small), median(self.large)
        return large <= self.goal_ms and (self.times <= SLOWER or large - small <= NO_TIME_MS)


def median(rounds: list[Asked]) -> float:
    """The median of the milliseconds in the database."""
    return statistics.median(one.database_ms for one in rounds)


def chosen(program: str, text: str, arguments: Sequence[str]) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=text)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--customers", type=int, default=1_000_000, help="of the large crowd")
    parser.add_argument("--stamps", type=int, default=10_000_000, help="of the large crowd")
    parser.add_argument("--folder", help="where crowds are kept and found again; by default they are filled again")
    return parser.parse_args(arguments)


def few(given: argparse.Namespace) -> Crowd:
    """A crowd a hundredth as large, with as many stamps for each customer."""
    return Crowd(customers=max(1, given.customers // 100), stamps=given.stamps // 100)


def many(given: argparse.Namespace) -> Crowd:
    """The large crowd."""
    return Crowd(customers=given.customers, stamps=given.stamps)


def race(places: Sequence[Place], questions: Callable[[Place], list[Question]], *, rounds: int) -> list[Row]:
    """Ask each place each question, for `rounds` rounds; of two places of one kind the first is the small one."""
    asked = [(place, question) for place in places for question in questions(place)]
    measured: dict[tuple[int, str], list[Asked]] = {(id(place), one.name): [] for place, one in asked}
    for _ in range(rounds):
        for place, question in asked:
            measured[id(place), question.name].append(ask(place.settings, question.verbs))
    return [
        Row(
            database=small.database,
            question=question.name,
            goal_ms=question.goal_ms,
            small=measured[id(small), question.name],
            large=measured[id(large), question.name],
        )
        for small, large in zip(places[::2], places[1::2], strict=True)
        for question in questions(small)
    ]


def report(name: str, rows: Sequence[Row], sizes: tuple[Crowd, Crowd]) -> None:
    """Print a table, and store all results."""
    for word, size in zip(("small", "large"), sizes, strict=True):
        print(f"{word}: {size.customers:,} customers, {size.stamps:,} stamps")
    print(f"{'milliseconds':<54}{'small':>8}{'large':>8}{'×':>7}{'whole':>9}{'goal':>7}")
    for row in rows:
        whole = statistics.median(one.whole_ms for one in row.large)
        goal = "" if row.goal_ms is None else f"{row.goal_ms:>7.0f}  {'met' if row.met else 'MISSED'}"
        figures = f"{median(row.small):>8.2f}{median(row.large):>8.2f}{row.times:>7.2f}{whole:>9.2f}"
        print(f"{row.database + ': ' + row.question:<54}{figures}{goal}")
    keep(name, {"sizes": [msgspec.to_builtins(size) for size in sizes], "rows": [told(row) for row in rows]})


def told(row: Row) -> dict[str, Any]:
    """A row, for JSON."""
    return {
        "database": row.database,
        "question": row.question,
        "small_ms": round(median(row.small), 3),
        "large_ms": round(median(row.large), 3),
        "times": round(row.times, 2),
        "whole_ms": round(statistics.median(one.whole_ms for one in row.large), 3),
        "goal_ms": row.goal_ms,
        "met": row.met,
    }
