"""The schema of a database in use, compared with the tables of the code, and repaired where that loses nothing.

Alembic compares tables, columns, types, nullability, indexes and constraints. Keys, the conditions of partial indexes
and the counters of ids are compared here. What is missing and needs no data is added; everything else is only said.
Versions, and the migrations that lead to them, are in `migrate`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Constraint, Index, Inspector, Table, inspect, select, text
from sqlalchemy.exc import DBAPIError

from loyalty_app.db.move_mark import MOVE_TABLES
from loyalty_app.db.tables import metadata, numbers
from loyalty_app.db.tables.homes import HOMES
from loyalty_app.db.types import tell_dialect
from loyalty_app.ids import Kind

NOT_COMPARED = {"alembic_version"} | MOVE_TABLES
COPY = re.compile(rf"(?:{'|'.join(HOMES)})_[0-9]{{5,}}")
"""How Citus calls the part or the copy of a table that lies on a machine."""
NAMELESS = re.compile(r"::[a-z ]+|[\s()\"']|\bvarying\b")
"""What databases write into a condition by themselves."""


class SchemaDifference(msgspec.Struct, frozen=True):
    """One thing in which a database differs from the code: a sentence, and whether the program can live with it."""

    text: str
    harmless: bool = False


def schema_differences(connection: Connection) -> list[SchemaDifference]:
    """All differences between a database of the newest version and the tables of the code."""
    tell_dialect(connection.dialect.name)
    inspector = inspect(connection)
    return [
        *(_said(one) for one in _compared(connection)),
        *_other_keys(inspector),
        *_other_conditions(inspector),
        *(SchemaDifference(f"the counter of {kind} ids is missing") for kind in _missing_counters(connection)),
    ]


def add_missing(connection: Connection) -> list[str]:
    """Add tables, columns, indexes and counters that are missing; return what was added.

    What cannot be added (a column that needs a value, an index that the rows contradict) stays as it is.
    """
    tell_dialect(connection.dialect.name)
    added = [_said(one).text for one in _compared(connection) if _tried(connection, _repair_of(connection, one))]
    for kind in _missing_counters(connection):
        _add_counter(connection, kind)
        added.append(f"the counter of {kind} ids is missing")
    return added


def _compared(connection: Connection) -> list[tuple[Any, ...]]:
    """What Alembic finds; changes of one column come in a list of their own."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415  # loads long, and is rarely needed
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415  # the same

    context = MigrationContext.configure(connection, opts={"include_object": is_compared})
    found: Iterable[Any] = compare_metadata(context, metadata)
    differences = [one for each in found for one in (each if isinstance(each, list) else [each])]
    return [one for one in differences if "comment" not in one[0]]


def is_compared(_item: object, name: str | None, kind: str, *_more: object) -> bool:
    """Whether to compare something, as Alembic asks: not versions, what a move keeps, and copies on a cluster."""
    return not (kind == "table" and name is not None and (name in NOT_COMPARED or COPY.fullmatch(name)))


def _said(found: tuple[Any, ...]) -> SchemaDifference:
    """A difference in words."""
    kind, last = found[0], found[-1]
    match kind:
        case "add_column":
            return SchemaDifference(f"the column {last.name} of {found[2]} is missing")
        case "remove_column":
            needs_value = not last.nullable and last.server_default is None
            return SchemaDifference(f"the column {last.name} of {found[2]} is not known", harmless=not needs_value)
        case "modify_type" | "modify_nullable":
            what = kind.removeprefix("modify_").replace("nullable", "nullability")
            return SchemaDifference(f"the {what} of {found[2]}.{found[3]} is {found[5]!r}, not {last!r}")
        case "remove_table" | "remove_index":
            return SchemaDifference(f"the {kind[7:]} {last.name} is not known", harmless=True)
        case "add_table" | "add_index":
            return SchemaDifference(f"the {kind[4:]} {last.name} is missing")
        case _:
            return SchemaDifference(_constraint_words(kind, last))


def _constraint_words(kind: str, constraint: Constraint) -> str:
    where = f"the constraint {constraint.name} of {constraint.table.name}"
    return f"{where} is missing" if kind.startswith("add") else f"{where} is not known"


def _repair_of(connection: Connection, found: tuple[Any, ...]) -> Callable[[], object] | None:
    """What would add a missing thing; None if it cannot be added without a value, or nothing is missing."""
    match found:
        case ("add_table", Table()):
            table: Table = found[1]
            return lambda: table.create(connection)
        case ("add_column", _, str(name), Column() as column) if column.nullable or column.server_default is not None:
            return lambda: _operations(connection).add_column(name, column._copy())  # noqa: SLF001  # its only way
        case ("add_index", Index() as index):
            return lambda: _make_index(connection, index)
        case _:
            return None


def _operations(connection: Connection) -> Any:  # noqa: ANN401  # its methods are made when it is imported
    from alembic.operations import Operations  # noqa: PLC0415  # loads long, and is rarely needed
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415  # the same

    return Operations(MigrationContext.configure(connection))


def _make_index(connection: Connection, index: Index) -> None:
    """Make an index; another one of this name gives way."""
    connection.execute(text(f'DROP INDEX IF EXISTS "{index.name}"'))
    index.create(connection)


def _tried(connection: Connection, repair: Callable[[], object] | None) -> bool:
    """Whether a repair worked; one that fails changes nothing."""
    if repair is None:
        return False
    try:
        with connection.begin_nested():
            repair()
    except DBAPIError:
        return False
    return True


def _other_keys(inspector: Inspector) -> Iterator[SchemaDifference]:
    for table in _tables_there(inspector):
        key = [column.name for column in table.primary_key.columns]
        there = inspector.get_pk_constraint(table.name)["constrained_columns"]
        if sorted(there) != sorted(key):
            yield SchemaDifference(f"the primary key of {table.name} is ({', '.join(there)}), not ({', '.join(key)})")


def _other_conditions(inspector: Inspector) -> Iterator[SchemaDifference]:
    """Partial indexes with another condition than in the code, or with none."""
    option = f"{inspector.dialect.name}_where"
    for table in _tables_there(inspector):
        there = {
            index["name"]: index.get("dialect_options", {}).get(option) for index in inspector.get_indexes(table.name)
        }
        for index in table.indexes:
            wanted = index.dialect_options[inspector.dialect.name]["where"]
            if index.name in there and _plain(there[index.name]) != _plain(wanted):
                yield SchemaDifference(f"the condition of the index {index.name} is {there[index.name]}, not {wanted}")


def _plain(condition: object) -> str:
    return "" if condition is None else NAMELESS.sub("", str(condition)).lower()


def _tables_there(inspector: Inspector) -> list[Table]:
    there = set(inspector.get_table_names())
    return [table for table in metadata.sorted_tables if table.name in there]


def _missing_counters(connection: Connection) -> list[Kind]:
    if connection.dialect.name == "postgresql":
        there = set(inspect(connection).get_sequence_names())
        return [kind for kind in Kind if f"{kind}_number" not in there]
    if numbers.name not in inspect(connection).get_table_names():
        return []
    there = set(connection.scalars(select(numbers.c.name)))
    return [kind for kind in Kind if kind not in there]


def _add_counter(connection: Connection, kind: Kind) -> None:
    """Add a counter that begins after the last id that is in use."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"CREATE SEQUENCE {kind}_number START {_last(connection, kind) + 1}"))
    else:
        connection.execute(numbers.insert().values(name=kind, last=_last(connection, kind)))


TABLES = {Kind.WEBHOOK: "webhook_endpoint", Kind.IMPORT: "import_job"}
"""Tables that are not called as what is in them."""


def _last(connection: Connection, kind: Kind) -> int:
    table = metadata.tables[TABLES.get(kind, str(kind))]
    largest: int | None = connection.scalar(select(table.c.id).order_by(table.c.id.desc()).limit(1))
    return largest or 0
