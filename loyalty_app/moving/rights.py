"""Rights: whether both places let a move do what it will have to, looked at before it begins, and by a dry run.

Nothing stays changed here. Where files have to be made, one without a name is made, and is gone again.
"""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryFile

from sqlalchemy import Connection, text

from loyalty_app.db.sqlite.served_file import is_locked
from loyalty_app.db.sqlite.server_lock import check_folder, name_lock
from loyalty_app.db.tables import metadata
from loyalty_app.moving.targets import looked_at
from loyalty_app.settings import Settings, SettingsError

VARIABLE = "LOYALTY_DATABASE_URL"
"""What messages name; of a new place the command names its option instead."""
PAGE = bytes(4_096)
ROLE = text(
    "SELECT current_user AS role, current_schema() AS schema, current_setting('transaction_read_only') AS read_only,"
    " has_schema_privilege(current_schema(), 'CREATE') AS creates, current_setting('server_encoding') AS encoding"
)
LACKING = text(
    "SELECT c.relname AS name, needed.name AS needed FROM pg_class c,"
    " unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRIGGER']) AS needed (name)"
    " WHERE c.relname = ANY(:tables) AND pg_table_is_visible(c.oid) AND NOT has_table_privilege(c.oid, needed.name)"
    " ORDER BY c.relname, needed.name LIMIT 1"
)


def check_rights(settings: Settings) -> None:
    """Raise SettingsError unless tables can be made, read and changed in a place. Call it where no event loop runs."""
    check_folder(settings)
    if settings.on_sqlite:
        _check_files(settings.sqlite_path.resolve())
    else:
        looked_at(settings, _check_role)


def _check_files(path: Path) -> None:
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise SettingsError(f"{VARIABLE}: {path} can only be read. Let the user who runs this write it.")
    try:
        with TemporaryFile(dir=path.parent) as probe:
            probe.write(PAGE)
    except OSError as error:
        message = f"{VARIABLE}: no file can be made in the folder {path.parent}: {error.strerror}."
        raise SettingsError(f"{message} Let the user who runs this write there, or name another place.") from error


def _check_role(connection: Connection) -> None:
    found = connection.execute(ROLE).one()
    if found.read_only == "on":
        raise SettingsError(f"{VARIABLE}: that server takes no changes. It is a standby, or was set to read-only.")
    if found.encoding not in {"UTF8", "SQL_ASCII"}:
        message = f"{VARIABLE}: that database keeps text as {found.encoding}, which has no place for many names."
        raise SettingsError(f"{message} Make one with ENCODING 'UTF8'.")
    if not found.creates:
        message = f"{VARIABLE}: {found.role} may make no tables there. Let that role own the database, or run there:"
        raise SettingsError(f"{message} GRANT CREATE ON SCHEMA {found.schema or 'public'} TO {found.role};")
    lacking = connection.execute(LACKING, {"tables": sorted(metadata.tables)}).first()
    if lacking is not None:
        message = f"{VARIABLE}: {found.role} lacks the right to {lacking.needed} on the table {lacking.name}."
        raise SettingsError(f"{message} Let that role own all tables there.")


def check_room(source: Settings, target: Settings) -> None:
    """Raise SettingsError if a SQLite file has no room for what comes out of another one."""
    if not (source.on_sqlite and target.on_sqlite):
        return
    there, place = target.sqlite_path, target.sqlite_path.resolve().parent
    free = shutil.disk_usage(place).free + (there.stat().st_size if there.exists() else 0)
    needed = looked_at(source, _bytes_used)
    if free < needed:
        told = f"{needed / 1e6:,.1f} MB are needed and {free / 1e6:,.1f} MB are free in {place}"
        raise SettingsError(f"{VARIABLE}: there is no room: {told}. Make room, or name another place.")


def _bytes_used(connection: Connection) -> int:
    count, unused, size = (
        int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (count - unused) * size


def check_free(settings: Settings) -> None:
    """Raise SettingsError if a server runs on the SQLite file that a whole installation would go into."""
    path = settings.sqlite_path if settings.on_sqlite else None
    if path is None or not Path(f"{path}.lock").exists():
        return
    if is_locked(path):
        raise SettingsError(f"{VARIABLE}: a server runs on {path}. Stop it first.")
    try:
        with name_lock(settings):
            pass
    except SettingsError as error:
        raise SettingsError(f"{VARIABLE}: a server runs on {path}. Stop it first.") from error
