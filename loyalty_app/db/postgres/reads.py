"""The statement that answers several questions in one PostgreSQL round trip: an array of rows for each.

Why: a round trip costs as much as reading thirty rows. Columns are named and no row travels as a whole, because the
driver caches the types of rows: a migration beside it would break it for good. The wanted values are in a SELECT of
their own, which hides how many they are: with few, PostgreSQL would plan each time, which costs more than the reading.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import count

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql

from loyalty_app.db.bulk import Gathered, Lookup, Seen, Wanted, keys_of, seen_rows
from loyalty_app.db.postgres.driver import single_row
from loyalty_app.db.postgres.ids import next_ids
from loyalty_app.ids import Ids, Kind

DIALECT = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]
ONCE_LOCKED = "(SELECT count(*) FROM locked) >= 0"
PATIENCE = "10 ms"

Subject = tuple[Table, tuple[str, ...], tuple[str, ...], bool, tuple[str, ...]]
"""What a question is about, whatever values it wants: a table, the columns that have those, and those that are NULL;
whether it wants those of the locked rows; and the columns that are read."""


def ask(
    connection: Connection,
    questions: Sequence[Lookup],
    ids: Ids | None,
    *,
    locked: Sequence[Lookup] = (),
    patient: bool = True,
) -> Gathered:
    """Lock rows of one table, then read the rows of each question; no question may be empty.

    Without `patient`, rows that others hold are left out.

    Likely ids are fetched along, after the locks. If a locked row was changed meanwhile, or had to be waited for, the
    questions are asked once more.
    """
    likely = ids.likely() if ids is not None else {}
    statement = _statement(_subjects(locked), _subjects(questions), tuple(likely), patient=patient)
    named = (one for one in (*locked, *questions) if not one.of_locked)
    values = [list(column) for one in named for column in zip(*set(one.wanted), strict=True)]
    xid, overtaken, *found = single_row(connection, statement, (*values, *likely.values()))
    asked = (*locked[:1], *questions)
    answers = [seen_rows(one.read, rows) for one, rows in zip(asked, found, strict=False)]
    connection.info["xid"] = xid  # for asking whether the transaction was committed
    if ids is not None:
        ids.keep(dict(zip(likely, found[len(answers) :], strict=True)))
    held = answers.pop(0) if locked else []
    return Gathered(held, _again(connection, questions, ids, keys_of(locked, held)) if overtaken else answers)


def _again(
    connection: Connection, questions: Sequence[Lookup], ids: Ids | None, keys: Collection[Wanted]
) -> Sequence[Sequence[Seen]]:
    """The answers as they are now that the rows with these keys are locked."""
    named = [one.named(lambda: keys) for one in questions]
    answers = iter(ask(connection, [one for one in named if one.wanted], ids).answers)
    return [next(answers) if one.wanted else [] for one in named]


def _subjects(questions: Sequence[Lookup]) -> tuple[Subject, ...]:
    return tuple((one.table, one.columns, one.null, one.of_locked, one.read) for one in questions)


@lru_cache(1_024)
def _statement(
    locked: tuple[Subject, ...], questions: tuple[Subject, ...], kinds: tuple[Kind, ...], *, patient: bool = True
) -> str:
    numbers = count(1)
    others = "" if patient else " SKIP LOCKED"
    before = f"WITH locked AS MATERIALIZED ({_locking(locked, numbers)}{others}) " if locked else ""
    overtaken = _overtaken(locked[0][0]) if locked else "false"
    first = [f"ARRAY(SELECT ROW({_columns(locked[0][0], 'locked')}) FROM locked)"] if locked else []  # noqa: S608  # our own names
    rows = [_array(one, _key(locked[0][0]) if one[3] else (), numbers) for one in questions]
    more = [next_ids(kind, next(numbers), when=ONCE_LOCKED if locked else "true") for kind in kinds]
    return f"{before}SELECT {', '.join(['pg_current_xact_id()::text', overtaken, *first, *rows, *more])}"


def _locking(locked: tuple[Subject, ...], numbers: Iterator[int]) -> str:
    """The rows of a table that any question is about, locked in the order of their key."""
    table = locked[0][0]
    key = _key(table)
    found = _found(locked[0], numbers) if len(locked) == 1 else _found_by_any(locked, key, numbers)
    return f"SELECT {_columns(table, 't')}, t.xmin AS writer FROM {found} ORDER BY {_names(key, 't')} FOR UPDATE OF t"  # noqa: S608  # the same


def _overtaken(table: Table) -> str:
    """Whether other rows may be older than the locks: a statement sees the state from before it began."""
    same = " AND ".join(f't."{name}" = locked."{name}"' for name in _key(table))
    changed = f'EXISTS (SELECT 1 FROM locked JOIN "{table.name}" AS t ON {same} WHERE t.xmin <> locked.writer)'  # noqa: S608  # the same
    waited = f"clock_timestamp() - statement_timestamp() > '{PATIENCE}'"
    return f"CASE WHEN {ONCE_LOCKED} THEN {changed} OR {waited} END"


def _key(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key)


def _found_by_any(subjects: tuple[Subject, ...], key: tuple[str, ...], numbers: Iterator[int]) -> str:
    """The rows of several questions about one table, each once: PostgreSQL cannot lock rows of a UNION itself."""
    keys = " UNION ".join(f"SELECT {_names(key, 't')} FROM {_found(subject, numbers)}" for subject in subjects)  # noqa: S608  # the same
    same = " AND ".join(f't."{name}" = k."{name}"' for name in key)
    return f'({keys}) AS k JOIN "{subjects[0][0].name}" AS t ON {same}'


def _array(subject: Subject, key: tuple[str, ...], numbers: Iterator[int]) -> str:
    found = _of_locked(subject, key) if key else _found(subject, numbers)
    return f"ARRAY(SELECT ROW({_names(subject[4], 't')}) FROM {found})"  # noqa: S608  # the same


def _of_locked(subject: Subject, key: tuple[str, ...]) -> str:
    """The rows that belong to the locked ones, whose key is `key`."""
    same = (f't."{name}" = locked."{own}"' for name, own in zip(subject[1], key, strict=True))
    return f'locked JOIN "{subject[0].name}" AS t ON {" AND ".join(same)}'


def _found(subject: Subject, numbers: Iterator[int]) -> str:
    table, columns, null, _, _ = subject
    types = (table.c[name].type.compile(DIALECT) for name in columns)
    wanted = ", ".join(f"(SELECT CAST(${next(numbers)} AS {one}[]))" for one in types)
    names = ", ".join(f'"{name}"' for name in columns)
    same = (f't."{name}" = wanted."{name}"' for name in columns)
    found = " AND ".join([*same, *(f't."{name}" IS NULL' for name in null)])
    return f'unnest({wanted}) AS wanted({names}) JOIN "{table.name}" AS t ON {found}'


def _columns(table: Table, name: str) -> str:
    return _names(table.c.keys(), name)


def _names(columns: Iterable[str], table: str) -> str:
    return ", ".join(f'{table}."{column}"' for column in columns)
