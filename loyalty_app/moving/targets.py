"""The place that is moved into: it must be empty, or what an unfinished move has left there, or what has moved away.

While a move is under way the place is marked, and nothing can be served from it. The key of the secrets has to be there
too. It is never shown: a key file goes along from one SQLite file to another, and for PostgreSQL the operator is told
which file holds the text that belongs into LOYALTY_SECRET_KEY.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, inspect, select, text

from loyalty_app.db.citus.distribution import ONE_AFTER_THE_OTHER
from loyalty_app.db.migrate import VERSION_TABLE, migrate
from loyalty_app.db.move_mark import MoveMark, clear_mark, read_mark, set_mark
from loyalty_app.db.postgres import engine as postgres
from loyalty_app.db.sqlite import engine as sqlite
from loyalty_app.db.sqlite.engine import files_of
from loyalty_app.db.sqlite.server_lock import check_folder, name_lock
from loyalty_app.db.tables import metadata, numbers
from loyalty_app.ids import Kind
from loyalty_app.moving.changes import close_log
from loyalty_app.moving.closed_tables import CLOSED
from loyalty_app.moving.progress import forget_progress
from loyalty_app.private_files import write_private
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.vault.keys import key_file_of

Result = TypeVar("Result")


def within(settings: Settings, work: Callable[[Connection], Result]) -> Result:
    """Run `work` in a transaction of a database, whatever its mark. Call it where no event loop runs."""
    if not settings.on_sqlite:
        return asyncio.run(_within_postgres(settings.direct_url, work))
    engine = sqlite.open_engine(settings.sqlite_path)
    try:
        with engine.begin() as connection:
            return work(connection)
    finally:
        engine.dispose()


def looked_at(settings: Settings, work: Callable[[Connection], Result]) -> Result:
    """Run `work`, which only reads, in a database, whatever its mark; a SQLite file must be there and stays as it is.

    Call it where no event loop runs.
    """
    if not settings.on_sqlite:
        return within(settings, work)
    engine = sqlite.open_engine(settings.sqlite_path, read_only=True)
    try:
        with engine.connect() as connection:
            return work(connection)
    finally:
        engine.dispose()


async def _within_postgres(url: str, work: Callable[[Connection], Result]) -> Result:
    engine = postgres.open_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def is_there(settings: Settings) -> bool:
    """Whether there may be something in a place."""
    return not settings.on_sqlite or settings.sqlite_path.exists()


def mark_of(settings: Settings) -> MoveMark | None:
    """The mark of a database; None also where there is no file."""
    if settings.on_sqlite and not settings.sqlite_path.exists():
        return None
    return looked_at(settings, read_mark)


def check_target(settings: Settings, *, replace: bool) -> None:
    """Raise SettingsError if nothing may be moved into a place; `replace` allows one that has moved away."""
    check_folder(settings)
    if settings.on_sqlite and not settings.sqlite_path.exists():
        return
    mark, filled = looked_at(settings, lambda connection: (read_mark(connection), _has_rows(connection)))
    if mark is not None and mark.state == "moved" and not replace:
        message = f"What was there has moved to {mark.place}. Add --replace to move over what is left of it."
        raise SettingsError(message)
    if mark is None and filled:
        raise SettingsError("There is data already in the place that --to names. Choose an empty one.")


def _has_rows(connection: Connection) -> bool:
    there = set(inspect(connection).get_table_names())
    own = [table for name, table in metadata.tables.items() if name in there and table is not numbers]
    return any(connection.execute(select(table).limit(1)).first() is not None for table in own)


def prepare(settings: Settings, mark: MoveMark) -> None:
    """Empty a place, set it up, and mark it. Raises SettingsError if a server has the file."""
    if settings.on_sqlite:
        with name_lock(settings):
            for file in files_of(settings.sqlite_path)[:3]:
                file.unlink(missing_ok=True)
    else:
        within(settings, _drop_all)
    migrate(settings)
    within(settings, lambda connection: _clear(connection, mark))


def _drop_all(connection: Connection) -> None:
    connection.execute(ONE_AFTER_THE_OTHER)
    for name in (*metadata.tables, VERSION_TABLE):
        connection.execute(text(f'DROP TABLE IF EXISTS "{name}" CASCADE'))
    for kind in Kind:
        connection.execute(text(f"DROP SEQUENCE IF EXISTS {kind}_number"))
    connection.execute(text(f"DROP FUNCTION IF EXISTS {CLOSED} CASCADE"))
    clear_mark(connection)
    close_log(connection)
    forget_progress(connection)


def _clear(connection: Connection, mark: MoveMark) -> None:
    """Remove what the migrations have written, and mark the database."""
    if connection.dialect.name == "postgresql":
        connection.execute(ONE_AFTER_THE_OTHER)
    for table in reversed(metadata.sorted_tables):
        if table is not numbers:  # whose rows are changed, not made, at the end
            connection.execute(table.delete())
    set_mark(connection, mark)


def finish(settings: Settings) -> None:
    """Take the mark of a complete place away: from now on it can be served."""
    within(settings, clear_mark)


def check_key(source: Settings, target: Settings) -> None:
    """Raise SettingsError if another key lies where the key would have to go."""
    kept, wanted = _kept(source), _place(source, target)
    if kept and wanted and wanted.exists() and wanted.read_text().strip() != kept.read_text().strip():
        raise SettingsError(
            f"{wanted} holds another key. Put it elsewhere, for the key of this installation goes there."
        )


def carry_key(source: Settings, target: Settings) -> Path | None:
    """Bring the key along; if that cannot be done, the file whose text belongs into LOYALTY_SECRET_KEY there."""
    kept, wanted = _kept(source), _place(source, target)
    if kept and wanted:
        write_private(wanted, kept.read_bytes())
        return None
    return kept


def _kept(source: Settings) -> Path | None:
    """The key file in use, if there is one."""
    file = key_file_of(source)
    return file if file is not None and source.secret_key is None and file.exists() else None


def _place(source: Settings, target: Settings) -> Path | None:
    """Where the key file has to be at the new place."""
    return key_file_of(target) if source.secret_key is None else None
