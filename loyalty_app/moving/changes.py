"""Changes: which rows were changed at the old place while the bulk was copied, noted there by triggers.

So nothing has to be compared to find them, whatever program wrote them. The log begins before the first row is read,
and outlives a move that is killed: the next goes on with it. It costs each change a row, so it is there only as long
as a move is.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Date,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    func,
    inspect,
    select,
    text,
)

from loyalty_app.db.citus.engine import CitusDatabase
from loyalty_app.db.engine import Database
from loyalty_app.db.own_triggers import CHANGES, MOVE_LOG, triggers_of
from loyalty_app.db.shards import Node
from loyalty_app.db.tables import business
from loyalty_app.db.types import BigId
from loyalty_app.moving.belongings import Cargo, Sort, sort_of
from loyalty_app.moving.cluster_snapshots import ClusterSnapshot
from loyalty_app.moving.snapshots import Key, Reader

NAME = MOVE_LOG
AT_ONCE = 500

_own = MetaData()
_log = Table(
    NAME,
    _own,
    Column("number", BigId, primary_key=True),
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False),
)
_token = Table("move_log_of", _own, Column("token", Text, nullable=False), Column("shops", Text), Column("id", Integer))


class Changes(msgspec.Struct, frozen=True):
    """Keys of rows that were changed, table by table, and the lines of the log that say so, place by place."""

    keys: dict[str, set[Key]] = {}
    lines: dict[Node | None, list[int]] = {}

    @property
    def noted(self) -> int:
        """How many lines there are."""
        return sum(map(len, self.lines.values()))


def logged_tables(cargo: Cargo) -> list[Table]:
    """The tables whose changes are noted: those that are copied while the shops are open."""
    return cargo.early


def log_of(connection: Connection) -> tuple[str, tuple[int, ...] | None] | None:
    """The token of the log that is there, and the shops that it is about (None for all); None if there is none."""
    if not inspect(connection).has_table(_token.name):
        return None
    row = connection.execute(select(_token)).one_or_none()
    return None if row is None else (row.token, None if row.shops is None else tuple(json.loads(row.shops)))


async def log_places(old: Database) -> Mapping[Node | None, Database]:
    """Where changes are noted: on each machine of a cluster those that are made there; None is where it is asked."""
    others = await old.machines() if isinstance(old, CitusDatabase) else {}
    return {None: old, **{node: machine for node, machine in others.items()}}  # noqa: C416  # of another type


def open_log(connection: Connection, cargo: Cargo, token: str) -> None:
    """Make an empty log; `log_table` then fills it. An old one must be closed."""
    _own.create_all(connection)
    shops = None if cargo.shops is None else json.dumps(cargo.shops)
    connection.execute(_token.insert().values(token=token, shops=shops, id=1))


def log_table(connection: Connection, cargo: Cargo, table: Table) -> None:
    """Note changes of a table from the end of this transaction on; it waits for writers that have begun."""
    unlog_table(connection, table)
    if connection.dialect.name == "postgresql":
        _log_on_postgres(connection, cargo, table)
        return
    for change, rows in (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",))):
        notes = "; ".join(
            f"INSERT INTO {NAME} (name, key) SELECT '{table.name}', {_json_array(table, row)}"  # our own
            f" WHERE {_is_ours(cargo, table, row)}"
            + (f" AND {_key_differs(table)}" if (change, row) == ("UPDATE", "OLD") else "")
            for row in rows
        )
        connection.execute(
            text(
                f'CREATE TRIGGER "{_name(table, change)}" AFTER {change} ON "{table.name}" BEGIN {_colons(notes)}; END'
            )
        )


def _colons(statement: str) -> str:
    return statement.replace(":", "\\:")


def _json_array(table: Table, row: str) -> str:
    parts = (
        f'hex({row}."{column.name}")' if isinstance(column.type, LargeBinary) else f'{row}."{column.name}"'
        for column in table.primary_key.columns
    )
    return f"json_array({', '.join(parts)})"


def _key_differs(table: Table) -> str:
    """Whether an update has changed the key: then the old one is noted too."""
    return "(" + " OR ".join(f'OLD."{c.name}" <> NEW."{c.name}"' for c in table.primary_key.columns) + ")"


def _is_ours(cargo: Cargo, table: Table, row: str) -> str:
    if cargo.shops is None or sort_of(table) is not Sort.SHOP:
        return "true"
    column = "id" if table is business else "business_id"
    return f'{row}."{column}" IN ({", ".join(map(str, cargo.shops))})'


def _log_on_postgres(connection: Connection, cargo: Cargo, table: Table) -> None:
    note = "INSERT INTO {log} (name, key) VALUES ('{table}', {key})"

    def noted(row: str) -> str:
        return note.format(log=NAME, table=table.name, key=_jsonb_array(table, row))

    body = f"""
    BEGIN
        IF TG_OP = 'DELETE' THEN {noted("OLD")}; RETURN NULL; END IF;
        IF TG_OP = 'UPDATE' THEN
            IF {_key_differs(table)} THEN {noted("OLD")}; END IF;
        END IF;
        {noted("NEW")};
        RETURN NULL;
    END"""
    name = f"{NAME}_{table.name}"
    connection.exec_driver_sql(f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $${body}$$')
    for change, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
        connection.exec_driver_sql(
            f'CREATE TRIGGER "{_name(table, change)}" AFTER {change} ON "{table.name}" FOR EACH ROW '
            f'WHEN ({_is_ours(cargo, table, row)}) EXECUTE FUNCTION "{name}"()'
        )


def _jsonb_array(table: Table, row: str) -> str:
    parts = (
        f"encode({row}.\"{column.name}\", 'hex')" if isinstance(column.type, LargeBinary) else f'{row}."{column.name}"'
        for column in table.primary_key.columns
    )
    return f"jsonb_build_array({', '.join(parts)})::text"


def unlog_table(connection: Connection, table: Table) -> None:
    """Take the triggers of a table away, on a cluster also those of copies that a shard has left when it moved."""
    on_postgres = connection.dialect.name == "postgresql"
    on = f' ON "{table.name}"' if on_postgres else ""
    for name in triggers_of(connection, table).keys() & {_name(table, change) for change in CHANGES}:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"{on}')
    if on_postgres:
        connection.exec_driver_sql(f'DROP FUNCTION IF EXISTS "{NAME}_{table.name}"() CASCADE')


def is_logged(connection: Connection, table: Table) -> bool:
    """Whether all changes of a table are noted. An update of the program may have made the table again without that."""
    return {_name(table, change) for change in CHANGES} <= triggers_of(connection, table).keys()


def close_log(connection: Connection) -> None:
    """Remove the log; no table may be logged any more."""
    _own.drop_all(connection)


def _name(table: Table, change: str) -> str:
    return f"{NAME}_{table.name}_{change.lower()}"


async def read_changes(reader: Reader, tables: Iterable[Table]) -> Changes:
    """All that is noted. What is read of these rows in the same snapshot is at least as new."""
    by_name = {table.name: table for table in tables}
    changes = Changes({}, {})
    parts: list[tuple[Node | None, Reader]] = [(None, reader)]
    if isinstance(reader, ClusterSnapshot):
        parts += reader.others.items()
    for node, part in parts:
        for row in await part.read(lambda connection: connection.execute(select(_log)).all()):
            if row.name in by_name:  # a move that an earlier release began has noted more
                changes.keys.setdefault(row.name, set()).add(_decoded(by_name[row.name], row.key))
            changes.lines.setdefault(node, []).append(row.number)
    return changes


def _decoded(table: Table, key: str) -> Key:
    return tuple(_value(column, one) for column, one in zip(table.primary_key.columns, json.loads(key), strict=True))


def _value(column: Column[Any], value: Any) -> Any:  # noqa: ANN401  # whatever a key has
    if isinstance(column.type, LargeBinary):
        return bytes.fromhex(value)
    return date.fromisoformat(value) if isinstance(column.type, Date) else value


async def forget(old: Database, changes: Changes) -> None:
    """Delete lines of the log: what they say was done."""
    places = await log_places(old)
    for node, lines in changes.lines.items():
        await places[node].write(partial(_forget, lines=lines))


def _forget(connection: Connection, *, lines: list[int]) -> None:
    for start in range(0, len(lines), AT_ONCE):
        connection.execute(delete(_log).where(_log.c.number.in_(lines[start : start + AT_ONCE]))).close()


async def log_length(old: Database) -> int:
    """How many lines the log has."""
    asked, places = select(func.count()).select_from(_log), (await log_places(old)).values()
    return sum([await place.read(lambda connection: connection.execute(asked).scalar_one()) for place in places])
