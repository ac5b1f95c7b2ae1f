"""Distribution: brings each table to where it belongs on a cluster, and says which are elsewhere.

`tables/homes.py` says where that is. A migration makes tables and changes them as on one machine; what it has made is
brought to its place at the end, in the same transaction. Keys to other tables are left out until both are at home,
because Citus takes none from a table on one machine to one that is spread. The SQL is that of Citus 11 to 13.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, ForeignKeyConstraint, Table, event, inspect, text
from sqlalchemy.schema import AddConstraint, DropConstraint

from loyalty_app.db.tables import metadata
from loyalty_app.db.tables.homes import FIRST, HOMES, TableHome

EXTENSION = text("SELECT 1 FROM pg_extension WHERE extname = 'citus'")
WORKERS = text("SELECT count(*) FROM pg_dist_node WHERE shouldhaveshards AND noderole = 'primary' AND isactive")
AT_HOME = text(
    "SELECT r.relname, CASE WHEN p.repmodel = 't' THEN 'everywhere' WHEN p.partkey IS NULL THEN 'coordinator'"  # noqa: S608  # our own names
    " WHEN column_to_column_name(p.logicalrelid, p.partkey) = 'business_id' AND p.colocationid ="
    f" (SELECT colocationid FROM pg_dist_partition WHERE logicalrelid = to_regclass('{FIRST}')) THEN 'shard'"
    f" ELSE '{TableHome.ASTRAY}' END FROM pg_dist_partition p JOIN pg_class r ON r.oid = p.logicalrelid"
    " WHERE r.relnamespace = 'public'::regnamespace"
)
ONE_AFTER_THE_OTHER = text("SET LOCAL citus.multi_shard_modify_mode = 'sequential'")
"""Several tables are changed in one transaction, over one connection to each machine."""
WITH_TRIGGERS = text("SET LOCAL citus.enable_unsafe_triggers = on")
"""Triggers go along with their tables: ours refuse, or write on the machine where they run."""
LEAST_SHARDS, FOR_EACH_MACHINE = 4, 2
"""In how many shards a new cluster lies, unless somebody has set `citus.shard_count` for it.

Few keep batches large. More than machines can be moved to others that come, and nobody notices; splitting one holds up
its shops.
"""
CHOSEN = text("SELECT setting::int FROM pg_settings WHERE name = 'citus.shard_count' AND source <> 'default'")


def is_citus(connection: Connection) -> bool:
    """Whether the server is the coordinator of a cluster: it has the extension, and machines for shards."""
    if connection.execute(EXTENSION).first() is None:
        return False
    return bool(connection.scalar(WORKERS))


def is_distributed(connection: Connection) -> bool:
    """Whether the tables of the product are spread over machines already."""
    return connection.execute(EXTENSION).first() is not None and homes_of(connection).get(FIRST) is TableHome.SHARD


def homes_of(connection: Connection) -> dict[str, TableHome]:
    """Where Citus has the tables that it knows; the others are on the coordinator."""
    return {name: TableHome(home) for name, home in connection.execute(AT_HOME)}


def strays(connection: Connection) -> dict[str, TableHome]:
    """Tables that are not where they belong, and where they are."""
    there = set(inspect(connection).get_table_names())
    known = homes_of(connection)
    found = {name: known.get(name, TableHome.COORDINATOR) for name in HOMES if name in there}
    return {name: home for name, home in found.items() if home is not HOMES[name]}


def distribute(connection: Connection) -> list[str]:
    """Bring every table to where it belongs, in the transaction of `connection`; return those that were moved."""
    lost = [name for name, home in strays(connection).items() if home is TableHome.COORDINATOR]
    connection.execute(ONE_AFTER_THE_OTHER)
    connection.execute(WITH_TRIGGERS)
    if lost:
        for key in _keys_of(lost):
            if _has(connection, key):
                connection.execute(DropConstraint(key))
        for name in sorted(lost, key=_turn):
            _bring_home(connection, name)
    there = set(inspect(connection).get_table_names())
    for key in _keys_of(HOMES):
        if {key.table.name, key.referred_table.name} <= there and not _has(connection, key):
            connection.execute(AddConstraint(key, isolate_from_table=False))
    return lost


def _turn(name: str) -> tuple[bool, bool, str]:
    """Tables that are everywhere come first, then the one by which the others are split."""
    return HOMES[name] is not TableHome.EVERYWHERE, name != FIRST, name


def _bring_home(connection: Connection, name: str) -> None:
    if HOMES[name] is TableHome.EVERYWHERE:
        connection.execute(text("SELECT create_reference_table(:name)"), {"name": f'"{name}"'})
    elif name == FIRST:
        split = text(
            "SELECT create_distributed_table(:name, 'business_id', shard_count => :shards, colocate_with => 'none')"
        )
        connection.execute(split, {"name": f'"{name}"', "shards": shard_count(connection)})
    else:
        split = text("SELECT create_distributed_table(:name, 'business_id', colocate_with => :first)")
        connection.execute(split, {"name": f'"{name}"', "first": FIRST})


def shard_count(connection: Connection) -> int:
    """In how many shards a cluster will lie that is not spread yet."""
    chosen = connection.execute(CHOSEN).scalar()
    return int(chosen or max(LEAST_SHARDS, FOR_EACH_MACHINE * connection.execute(WORKERS).scalar_one()))


def _keys_of(names: Iterable[str]) -> list[ForeignKeyConstraint]:
    """The keys from these tables to others, and from others to these."""
    wanted = set(names)
    keys = [key for table in metadata.sorted_tables for key in table.foreign_key_constraints]
    return [key for key in keys if {key.table.name, key.referred_table.name} & wanted]


def _has(connection: Connection, key: ForeignKeyConstraint) -> bool:
    there = inspect(connection).get_foreign_keys(key.table.name)
    return any(one["constrained_columns"] == key.column_keys for one in there)


@contextmanager
def changing(connection: Connection) -> Iterator[None]:
    """Let migrations change tables that are spread, and make new ones without keys; `distribute` adds these."""
    connection.execute(ONE_AFTER_THE_OTHER)

    def leave_out(table: Table, _connection: Connection, **_more: Any) -> None:  # noqa: ANN401  # SQLAlchemy's own
        for key in list(table.foreign_key_constraints):
            table.constraints.discard(key)
            left_out.append((table, key))

    left_out: list[tuple[Table, ForeignKeyConstraint]] = []
    event.listen(Table, "before_create", leave_out)
    try:
        yield
    finally:
        event.remove(Table, "before_create", leave_out)
        for table, key in left_out:  # the table may be one of ours, which has the key all the same
            table.constraints.add(key)
