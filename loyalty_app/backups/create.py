"""Making a backup: copy the database, prove the copy, then write the archive. Servers keep running meanwhile.

A backup is made in a draft folder beside its target, which the process locks. Drafts of killed processes hold personal
data that nobody needs, so the next backup removes them.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from loyalty_app.backups import postgres, sqlite
from loyalty_app.backups.archive import BackupRefused, Manifest, member_of, write_archive
from loyalty_app.backups.verify import BackupContents, warn_of_foreign
from loyalty_app.db.sqlite.server_lock import check_file
from loyalty_app.private_files import FOR_ITS_OWNER
from loyalty_app.settings import Settings

DATABASE = {"sqlite": "loyalty.db", "postgresql": "loyalty.dump"}
KEY = "loyalty.db.key"
DRAFT = "archive.zip"


class MadeBackup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was just made."""

    file: Path
    bytes: int
    manifest: Manifest


def make_backup(settings: Settings, target: Path, *, now: datetime, replace: bool = False) -> MadeBackup:
    """Make a backup of the database that the settings name. Call it where no event loop runs.

    Raises BackupRefused, SettingsError, OSError.
    """
    if target.exists() and not replace:
        raise BackupRefused(f"{target} is there already: choose another name, or --replace.")
    if target.exists() and not target.is_file():
        raise BackupRefused(f"{target} is no ordinary file: choose another name.")
    if not target.parent.is_dir():
        raise BackupRefused(f"There is no folder {target.parent}.")
    with draft_folder(target.parent) as folder:
        kind = "sqlite" if settings.on_sqlite else "postgresql"
        copy = folder / DATABASE[kind]
        found = _copy(settings, copy)
        files = {copy.name: copy, **_key(settings)}
        manifest = _manifest(settings, found, files, now)
        write_archive(target, manifest, files, draft=folder / DRAFT)
    return MadeBackup(file=target, bytes=target.stat().st_size, manifest=manifest)


def _copy(settings: Settings, target: Path) -> BackupContents:
    if not settings.on_sqlite:
        return asyncio.run(postgres.dump(settings.direct_url, target))
    if not settings.sqlite_path.exists():
        raise BackupRefused(f"There is no file {settings.sqlite_path.absolute()}. Is it the right one?")
    check_file(settings.sqlite_path)
    sqlite.copy(settings.sqlite_path, target)
    return sqlite.examine(target, warn_of_foreign)


def _key(settings: Settings) -> dict[str, Path]:
    """The key of the secrets, if its file lies beside the database and is in use."""
    path = Path(f"{settings.sqlite_path}.key")
    return {KEY: path} if settings.on_sqlite and settings.secret_key is None and path.exists() else {}


def _manifest(settings: Settings, found: BackupContents, files: dict[str, Path], now: datetime) -> Manifest:
    members = {name: member_of(path) for name, path in files.items()}
    return Manifest(
        database="sqlite" if settings.on_sqlite else "postgresql",
        made_at=now,
        needs_key=settings.secret_key is not None,
        files=members,
        **msgspec.structs.asdict(found),
    )


PREFIX = ".backup-"
LOCK = "lock"


@contextmanager
def draft_folder(parent: Path) -> Iterator[Path]:
    """A new folder that only its owner may open, removed at the end; drafts of killed processes are removed first."""
    remove_leftovers(parent)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent) as name, FileLock(Path(name, LOCK), mode=FOR_ITS_OWNER):
        yield Path(name)


def remove_leftovers(parent: Path) -> None:
    """Remove the drafts in a folder that no process works on."""
    for lock in parent.glob(f"{PREFIX}*/{LOCK}"):
        with suppress(Timeout, OSError), FileLock(lock, timeout=0):  # locked, or another user's
            shutil.rmtree(lock.parent)
