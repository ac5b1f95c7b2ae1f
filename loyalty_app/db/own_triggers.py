"""Triggers of our own: what they are called, which there are, and how a copy of a database loses them.

They are there only while a shop moves, or for shops that have moved away. What each of them does is said where it is
made: `held_shops`, and `loyalty_app/moving`. A name proves nothing: a copy loses whatever bears it.
"""

from sqlalchemy import Connection, Table, text

from loyalty_app.db.tables import metadata

CHANGES = ("INSERT", "UPDATE", "DELETE")
HELD_SHOP, MOVE_LOG, NO_CLAIMS = "held_shop", "move_log", "no_claims"
"""How those begin that refuse changes of held shops, that note changes for a move, and that give out no jobs."""

EVERYWHERE = "SET LOCAL citus.propagate_set_commands = 'local'"
"""Later settings of a transaction are true on all machines of a cluster; an ordinary server does not know it."""

OWN_TRIGGERS = frozenset(
    f"{beginning}_{table.name}_{change.lower()}"
    for beginning in (HELD_SHOP, MOVE_LOG, NO_CLAIMS)
    for table in metadata.sorted_tables
    for change in CHANGES
)


def triggers_of(connection: Connection, table: Table) -> dict[str, str]:
    """All triggers of a table by name, with what makes them, on SQLite."""
    if connection.dialect.name == "postgresql":
        asked = "SELECT tgname AS name, '' AS sql FROM pg_trigger WHERE tgrelid = to_regclass(:table)"
        rows = connection.execute(text(asked), {"table": f'"{table.name}"'})
    else:
        asked = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
        rows = connection.execute(text(asked), {"table": table.name})
    return {row.name: row.sql for row in rows}


def tables_with(connection: Connection, beginning: str) -> list[Table]:
    """The tables that have triggers whose names begin so."""
    if connection.dialect.name == "postgresql":
        theirs = "pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid AND pg_table_is_visible(c.oid)"
        asked = f"SELECT DISTINCT c.relname FROM {theirs} WHERE starts_with(t.tgname, :b)"  # noqa: S608  # our own
    else:
        asked = (
            "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, length(:b)) = :b"
        )
    names = set(connection.scalars(text(asked), {"b": beginning}))
    return [table for table in metadata.sorted_tables if table.name in names]


def change_triggers(connection: Connection) -> None:
    """Let triggers be made and dropped in this transaction, on a cluster too; settings then go to all machines.

    Citus calls them unsafe, for it cannot know what they do. Ours refuse, or write on the machine where they run.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(EVERYWHERE)
        connection.exec_driver_sql("SET LOCAL citus.enable_unsafe_triggers = on")


def drop_own_triggers(connection: Connection) -> None:
    """Take all of them away. A move that was under way has to begin again; shops that are held need `hold_all`."""
    on_postgres = connection.dialect.name == "postgresql"
    for table in metadata.sorted_tables:
        on = f' ON "{table.name}"' if on_postgres else ""
        for name in sorted(triggers_of(connection, table).keys() & OWN_TRIGGERS):
            connection.execute(text(f'DROP TRIGGER "{name}"{on}'))
