"""The server lock: one process serves a SQLite file, and a restore runs only while none does.

The lock is the operating system's, on a file `<database>.lock` beside the database: it ends with its process, however
that ends. It follows the name of the database: a hard link to it, or a removed `.lock` file, is not noticed.
Administrative commands do not take it: SQLite lets them write between the server's transactions. Servers and restores
both need the folder of the database to exist.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from loyalty_app.settings import Settings, SettingsError

TAKEN = (
    "Another process already serves this SQLite file. To run several, use PostgreSQL: "
    "LOYALTY_DATABASE_URL=postgresql://…"
)


def check_folder(settings: Settings) -> None:
    """Raise SettingsError if the folder of a SQLite file is missing: a typing error must not create one."""
    if settings.on_sqlite and not settings.sqlite_path.parent.is_dir():
        message = f"LOYALTY_DATABASE_URL: there is no folder {settings.sqlite_path.parent}."
        raise SettingsError(message)


@contextmanager
def server_lock(settings: Settings) -> Iterator[None]:
    """Hold a SQLite file for one process; with PostgreSQL there is nothing to hold.

    Raises SettingsError if another process serves the file, or its folder is missing.
    """
    if not settings.on_sqlite:
        yield
        return
    check_folder(settings)  # FileLock would create it
    lock = FileLock(f"{settings.sqlite_path}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise SettingsError(TAKEN) from error
    try:
        yield
    finally:
        lock.release()
