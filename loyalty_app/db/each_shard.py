"""Looking through all shops, one shard after the other: those on machines that answer are served while another is away.

Where all tables are together there is one shard, None. What is looked for is not known here.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from sqlalchemy import Connection

from loyalty_app.db.engine import Database
from loyalty_app.db.shards import Shard, shards_of
from loyalty_app.db.tables.homes import FIRST
from loyalty_core.errors import Busy

Result = TypeVar("Result")


async def in_each_shard(
    database: Database, work: Callable[[Shard | None], Awaitable[int]], *, table: str = FIRST
) -> int:
    """Do work in every shard that answers, if the table lies in shards; return the sum.

    Raises Busy at the end if one did not.
    """
    done, away = await _of_those_that_answer(shards_of(database, table), work)
    if away is not None:
        raise away
    return sum(done)


async def ask_each_shard(database: Database, question: Callable[[Connection], Sequence[Result]]) -> list[Result]:
    """What is found in all shards that answer. Raises Busy if one does not, and nothing is found in the others.

    Why: a person who has a card elsewhere is served; one who has none that can be seen is not told that there is none.
    """
    found, away = await _of_those_that_answer(database.shards, lambda shard: database.read(question, shard=shard))
    if away is not None and not any(found):
        raise away
    return [one for part in found for one in part]


async def _of_those_that_answer(
    shards: Iterable[Shard | None], work: Callable[[Shard | None], Awaitable[Result]]
) -> tuple[list[Result], Busy | None]:
    """What work gave in each, and why the last that did not answer is away."""
    done, away = list[Result](), None
    for shard in shards:
        try:
            done.append(await work(shard))
        except Busy as busy:
            away = busy
    return done, away
