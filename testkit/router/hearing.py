"""Hearing every statement that the product sends to a database while tests run, and to whom it would go on a cluster.

A call of `write`, `read` or `glance` that names a shard goes to that shard; any other goes to the coordinator. That is
so whatever the database is, so the tests on SQLite and on PostgreSQL are heard too. What a test or a
benchmark asks itself is not heard, nor what another process says.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial, wraps
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, event

from loyalty_app.db.bulk import BulkWrite, Lookup, Wanted
from loyalty_app.db.citus.engine import CitusDatabase, ShardDatabase
from loyalty_app.db.postgres import driver
from loyalty_app.db.postgres.engine import PostgresDatabase
from loyalty_app.db.sqlite.engine import SqliteDatabase
from testkit.router.across_shards import READERS
from testkit.router.judging import Spoken
from testkit.router.saying import of_lookup, of_write, text_of
from testkit.router.verdicts import Verdicts

ROOT = Path(__file__).parents[2]
OF_NOBODY = tuple(f"{ROOT}/{name}" for name in ("tests/", "testkit/", "bench/"))
OF_ALL = tuple(f"{ROOT}/{name}" for name in READERS)

SPOKEN: ContextVar[Spoken | None] = ContextVar("spoken", default=None)
"""What a transaction of the product speaks to; None where a test speaks itself."""

Said = Callable[[], list[str]]
Told = tuple[object, Said]
"""What a statement is recognised by, and its text, which is made when it is judged."""


class Heard:
    """Statements that were heard, each judged once."""

    def __init__(self, verdicts: Verdicts | None = None) -> None:
        self._verdicts = verdicts or Verdicts()
        self.judged: set[tuple[str, Spoken]] = set()
        self._seen: set[tuple[object, Spoken]] = set()
        self._new: list[tuple[Said, Spoken]] = []

    def hear(self, key: object, said: Said) -> None:
        """Keep what is said for the judgement, unless it was heard before or nobody is spoken to."""
        spoken = SPOKEN.get()
        if spoken is not None and (key, spoken) not in self._seen:
            self._seen.add((key, spoken))
            self._new.append((said, spoken))

    def faults(self) -> list[str]:
        """What is wrong with statements that are new since the last time."""
        new, self._new = self._new, []
        said = dict.fromkeys((text, spoken) for texts, spoken in new for text in texts())
        found = [(*one, self._verdicts.of(*one)) for one in said if one not in self.judged]
        self.judged |= said.keys()
        return [f"{fault} (told to a {spoken}):\n{text}" for text, spoken, fault in found if fault is not None]


def listen(verdicts: Verdicts) -> Heard:
    """Hear all databases of this process from now on."""
    heard = Heard(verdicts)
    for kind in (SqliteDatabase, PostgresDatabase, CitusDatabase):
        for name in ("write", "read", "glance"):
            setattr(kind, name, _telling_to_whom(getattr(kind, name)))
    for one in (SqliteDatabase, PostgresDatabase):
        for name, asked in (("put", _of_put), ("fetch", _of_fetch), ("gather", _of_gather)):
            setattr(one, name, _in_other_words(getattr(one, name), asked, heard))
    _hear_driver(heard)
    event.listen(Engine, "before_cursor_execute", partial(_hear_cursor, heard))
    return heard


def _telling_to_whom(method: Any) -> Any:  # noqa: ANN401  # any of nine
    """Let what is done in a transaction know to whom it speaks; the outermost call knows best."""

    @wraps(method)
    def telling(database: object, work: Callable[[Connection], Any], **more: Any) -> Any:  # noqa: ANN401  # the same
        caller = sys._getframe(1).f_code.co_filename  # noqa: SLF001  # the quick way to know
        to_shard = "shard" in more or isinstance(database, ShardDatabase)
        spoken = Spoken.SHARD if to_shard and not caller.startswith(OF_NOBODY) else _spoken_by(caller)

        def marked(connection: Connection) -> Any:  # noqa: ANN401  # the same
            with _speaking(spoken):
                return work(connection)

        return method(database, marked, **more)

    return telling


def _spoken_by(caller: str) -> Spoken | None:
    if caller.startswith(OF_NOBODY):
        return None
    return Spoken.ALL_SHARDS if caller.startswith(OF_ALL) else Spoken.COORDINATOR


@contextmanager
def _speaking(spoken: Spoken | None) -> Iterator[None]:
    before = SPOKEN.set(spoken)
    try:
        yield
    finally:
        SPOKEN.reset(before)


def _in_other_words(method: Any, asked: Callable[..., Iterator[Told]], heard: Heard) -> Any:  # noqa: ANN401  # any of six
    """Hear a bulk write or lookup as the coordinator would be told it, and not as this database is."""

    @wraps(method)
    def telling(database: object, connection: Connection, *what: Any, **how: Any) -> Any:  # noqa: ANN401  # the same
        given = [list(one) if isinstance(one, Iterator) else one for one in what]
        to_coordinator = SPOKEN.get() in {Spoken.COORDINATOR, Spoken.ALL_SHARDS}
        for key, said in asked(*given, **how) if to_coordinator else ():
            heard.hear(key, said)
        quiet = to_coordinator or isinstance(database, SqliteDatabase)
        with _speaking(None if quiet else SPOKEN.get()):
            return method(database, connection, *given, **how)

    return telling


def _of_put(writings: Sequence[BulkWrite]) -> Iterator[Told]:
    for one in writings:
        if one.rows:
            yield one.shape, partial(of_write, one)


def _of_fetch(
    table: Table, columns: tuple[str, ...], wanted: Sequence[Wanted], *, lock: bool = False
) -> Iterator[Told]:
    yield from _of_lookups([Lookup(table, columns, wanted)], lock=lock)


def _of_gather(questions: Sequence[Lookup], *, locked: Sequence[Lookup] = (), **_more: object) -> Iterator[Told]:
    yield from _of_lookups(questions, lock=False)
    yield from _of_lookups(locked, lock=True)


def _of_lookups(asked: Sequence[Lookup], *, lock: bool) -> Iterator[Told]:
    for one in asked:
        if one.wanted or one.of_locked:
            known = one.named(partial(set, [(1,) * len(one.columns)]))  # any key will do
            yield (one.table, one.columns, lock), partial(of_lookup, known, lock=lock)


def _hear_driver(heard: Heard) -> None:
    """Hear what goes past SQLAlchemy, in all modules that know the way."""
    run = driver.single_row

    @wraps(run)
    def row(connection: Connection, statement: str, values: Sequence[object]) -> Sequence[Any]:
        heard.hear(statement, lambda: [statement])
        return run(connection, statement, values)

    for module in list(sys.modules.values()):
        if vars(module).get("single_row") is run:
            module.__dict__["single_row"] = row


def _hear_cursor(heard: Heard, *told: Any) -> None:  # noqa: ANN401  # as SQLAlchemy tells it
    """Hear what goes through SQLAlchemy. Told are: connection, cursor, statement, values, context, and whether many."""
    compiled = told[4].compiled
    if SPOKEN.get() is None:
        return
    if compiled is None:
        heard.hear(told[2], lambda: [told[2]])
    else:
        heard.hear(compiled.string, lambda: [text_of(compiled.statement)])
