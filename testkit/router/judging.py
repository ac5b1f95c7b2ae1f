"""The rules by which a statement is judged, on its tree: of the coordinator, and of a shard.

They are those of Citus: what names one shop goes to its machine whole. What does not is taken apart: it can only read,
and neither lock rows, nor call a function that answers differently each time.
"""

from collections.abc import Iterable
from enum import StrEnum

from sqlglot import exp
from sqlglot.errors import ParseError

from loyalty_app.db.tables.homes import HOMES, TableHome
from testkit.router.across_shards import ONLY_TOGETHER, WRITES
from testkit.router.reading import Reading, read

GIVEN_ONCE = {
    "nextval",
    "setval",
    "lastval",
    "currval",
    "random",
    "rand",
    "gen_random_uuid",
    "clock_timestamp",
    "pg_sleep",
}
"""Functions that answer differently each time, or count."""
LOCKS = ("pg_advisory", "pg_try_advisory")
WRITING = (exp.Insert, exp.Update, exp.Delete)


class Spoken(StrEnum):
    """What a statement is said to."""

    SHARD = "shard"
    COORDINATOR = "coordinator"
    ALL_SHARDS = "coordinator, for all shards"
    """By somebody who may ask all of them."""


def judge(statement: str, spoken: Spoken) -> str | None:
    """What is wrong with a statement; None if nothing is."""
    try:
        reading = read(statement)
    except ParseError as error:
        return f"it cannot be parsed: {error}"
    if frozenset(reading.tables.values()) in ONLY_TOGETHER or " ".join(statement.split()) in WRITES:
        return None
    if spoken is Spoken.SHARD:
        return _of_a_shard(reading)
    return _of_the_coordinator(reading, may_ask_all=spoken is Spoken.ALL_SHARDS)


def _named(reading: Reading, home: TableHome) -> set[str]:
    return {name for name in reading.tables.values() if HOMES.get(name) is home}


def _of_a_shard(reading: Reading) -> str | None:
    """A shard has copies, which it may read, and its own rows; other tables are asked for beside."""
    written = {reading.tables[number] for number in reading.targets}
    own, far = _named(reading, TableHome.SHARD), _named(reading, TableHome.COORDINATOR)
    if own and (copies := written & _named(reading, TableHome.EVERYWHERE)):
        return f"a shard would change its copy of {_list(copies)}"
    if own and far:
        return f"{_list(far)} is not in a shard"
    return None


def _of_the_coordinator(reading: Reading, *, may_ask_all: bool) -> str | None:
    spread = _named(reading, TableHome.SHARD)
    if not spread:
        return None
    if calls := _volatile(reading.tree):
        return f"{_list(calls)} would be called on another machine"
    unbound = reading.unbound(spread)
    if not unbound:
        return None
    wrong = _not_over_several(reading)
    if wrong is None and may_ask_all:
        return None
    return f"{f'{wrong}, and ' if wrong else ''}{_list(unbound)} without a shop is in all shards"


def _not_over_several(reading: Reading) -> str | None:
    if list(reading.tree.find_all(*WRITING)):
        return "it writes"
    if reading.tree.find(exp.Lock):
        return "it locks rows"
    return None


def _volatile(tree: exp.Expr) -> set[str]:
    called = {
        call.sql_name().lower() if not isinstance(call, exp.Anonymous) else call.name.lower()
        for call in tree.find_all(exp.Func)
    }
    return {name for name in called if name in GIVEN_ONCE or name.startswith(LOCKS)}


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))
