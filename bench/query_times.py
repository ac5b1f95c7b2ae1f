"""The times of queries: how long a database takes for the statements of a verb of the application.

The statements of a verb are recorded while it runs, and then sent again by the bare driver, on one connection. That
leaves out SQLAlchemy and the verb's own work on the rows; the way to the database and back is included.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import Any

import asyncpg
import msgspec
from sqlalchemy import Connection, event

from loyalty_app.db.engine import open_database
from loyalty_app.db.sqlite.engine import driver
from loyalty_app.settings import Settings

Verb = Callable[[Connection], object]
Statement = tuple[str, tuple[Any, ...]]
QUESTIONS = ("SELECT", "WITH")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How long something took, in milliseconds: in the database, and with all that the application does."""

    database_ms: float
    whole_ms: float


def ask(settings: Settings, verbs: Sequence[Verb], times: int = 10) -> Asked:
    """Run some verbs in turn, `times` times; the medians over all."""
    statements, whole = asyncio.run(_listen(settings, verbs, times))
    repeat = _on_sqlite if settings.on_sqlite else _on_postgres
    spent = repeat(settings, statements, times)
    return Asked(database_ms=statistics.median(spent) * 1000, whole_ms=statistics.median(whole) * 1000)


async def _listen(settings: Settings, verbs: Sequence[Verb], times: int) -> tuple[list[list[Statement]], list[float]]:
    database = open_database(settings)
    heard = [await database.read(partial(_heard, verb=verb)) for verb in verbs]
    spent = []
    for _ in range(times):
        for verb in verbs:
            begin = time.perf_counter()
            await database.read(verb)
            spent.append(time.perf_counter() - begin)
    await database.close()
    return heard, spent


def _heard(connection: Connection, verb: Verb) -> list[Statement]:
    heard: list[Statement] = []

    def hear(*told: Any) -> None:  # noqa: ANN401  # SQLAlchemy's: connection, cursor, statement, parameters, …
        if str(told[2]).startswith(QUESTIONS):
            heard.append((told[2], tuple(told[3])))

    event.listen(connection, "before_cursor_execute", hear)
    verb(connection)
    event.remove(connection, "before_cursor_execute", hear)
    return heard


def _on_sqlite(settings: Settings, verbs: list[list[Statement]], times: int) -> list[float]:
    spent = []
    with closing(driver.connect(str(settings.sqlite_path), isolation_level=None)) as connection:
        for _ in range(times + 1):
            for statements in verbs:
                begin = time.perf_counter()
                for sql, parameters in statements:
                    connection.execute(sql, parameters).fetchall()
                spent.append(time.perf_counter() - begin)
    return spent[len(verbs) :]


def _on_postgres(settings: Settings, verbs: list[list[Statement]], times: int) -> list[float]:
    return asyncio.run(_repeat(settings, verbs, times))


async def _repeat(settings: Settings, verbs: list[list[Statement]], times: int) -> list[float]:
    connection, spent = await asyncpg.connect(settings.database_url), []
    for _ in range(times + 1):
        for statements in verbs:
            begin = time.perf_counter()
            for sql, parameters in statements:
                await connection.fetch(sql, *parameters)
            spent.append(time.perf_counter() - begin)
    await connection.close()
    return spent[len(verbs) :]
