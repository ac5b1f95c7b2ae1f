"""Compiled SQL that all engines of a test process share. It knows nothing of our own tables and statements.

Each test opens databases of its own. Without this every engine would compile the same statements again, which took a
seventh of all the processor time of the tests.
"""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Compiled, Dialect
from sqlalchemy.util import LRUCache

KEPT = 4_000

Key = tuple[Any, ...]


class SharedStatements(LRUCache[Key, Compiled]):
    """Finds what another engine compiled, if it speaks to the same version of the same database."""

    def get(self, key: Key, default: Any = None) -> Any:  # noqa: ANN401 - as in SQLAlchemy
        """The statement compiled for any engine, or the default."""
        return super().get(_without_engine(key), default)

    def __setitem__(self, key: Key, compiled: Compiled) -> None:
        super().__setitem__(_without_engine(key), compiled)


def _without_engine(key: Key) -> Key:
    dialect: Dialect = key[0]
    return type(dialect), dialect.server_version_info, *key[1:]


STATEMENTS = SharedStatements(KEPT)


def share_compiled_statements() -> None:
    """Let all engines that this process makes from now on share what they compile."""
    for dialect in (SQLiteDialect_pysqlite, PGDialect_asyncpg):
        dialect.engine_created = _share  # type: ignore[method-assign] # SQLAlchemy's hook for this


def _share(engine: Engine) -> None:
    engine.update_execution_options(compiled_cache=STATEMENTS)
