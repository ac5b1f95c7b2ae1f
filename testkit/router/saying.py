"""How the coordinator of a cluster would be told what a test has told another database, as text that can be parsed.

Bulk writes and lookups have statements of their own there, in `loyalty_app/db/citus/statements.py`; all others are the
same and only written as PostgreSQL has it.
"""

from sqlalchemy import Executable
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ClauseElement

from loyalty_app.db.bulk import BulkUpdate, BulkWrite, Lookup
from loyalty_app.db.citus import statements

DIALECT = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]


def text_of(statement: Executable) -> str:
    """A statement as PostgreSQL is told it."""
    assert isinstance(statement, ClauseElement)
    return str(statement.compile(dialect=DIALECT))


def of_write(writing: BulkWrite) -> list[str]:
    """The statement of a bulk write, as for its first row."""
    if isinstance(writing, BulkUpdate):
        return [statements.change(writing.shape)]
    return [text_of(statements.insertion(writing, writing.rows[:1]))]


def of_lookup(lookup: Lookup, *, lock: bool) -> list[str]:
    """The statement of a lookup; those for several businesses are alike."""
    return [text_of(question) for question in statements.questions_of(lookup, lock=lock)[:1]]
