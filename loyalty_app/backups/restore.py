"""Restoring a backup: into a new place, proven there, and only then put in the place of the old database.

The old database is kept beside it under another name. A database in use is never touched. Nothing may go out twice:
deliveries are paused until somebody resumes them, and waiting updates of Telegram are set aside.
"""

import asyncio
import tempfile
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection, text, update

from loyalty_app.backups import postgres, sqlite
from loyalty_app.backups.archive import BackupRefused, Manifest, extract, read_manifest
from loyalty_app.backups.create import DATABASE, KEY
from loyalty_app.backups.postgres_programs import tool
from loyalty_app.backups.verify import BackupContents, look_into, refuse_foreign
from loyalty_app.db.held_shops import hold_all
from loyalty_app.db.migrate import migrate
from loyalty_app.db.own_triggers import drop_own_triggers
from loyalty_app.db.sqlite.engine import open_engine
from loyalty_app.db.sqlite.server_lock import check_folder, name_lock
from loyalty_app.db.tables import telegram_update
from loyalty_app.settings import Settings
from loyalty_app.webhooks.pausing import pause_on


class RestoredBackup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was just restored; `aside` names what it replaced, if anything."""

    manifest: Manifest
    found: BackupContents
    aside: str | None


def restore_backup(settings: Settings, source: Path, *, now: datetime, replace: bool = False) -> RestoredBackup:
    """Put a backup in the place of the database that the settings name. Call it where no event loop runs.

    Raises BackupRefused, SettingsError, OSError.
    """
    manifest = read_manifest(source)
    kind = "sqlite" if settings.on_sqlite else "postgresql"
    if manifest.database != kind:
        message = f"{source} is of a {manifest.database} database, and LOYALTY_DATABASE_URL names a {kind} one."
        raise BackupRefused(message)
    if settings.on_sqlite:
        return _restore_sqlite(settings, source, manifest, now=now, replace=replace)
    return _restore_postgres(settings, source, manifest, now=now, replace=replace)


def quiet(connection: Connection, now: datetime) -> None:
    """Keep a restored database from sending what may have been sent before, and hold the shops that were held."""
    pause_on(connection, now=now)
    waiting = update(telegram_update).where(telegram_update.c.done_at.is_(None))
    connection.execute(waiting.values(done_at=now, body=None, lease=None, lease_until=None, error="restored"))
    hold_all(connection)


def _restore_sqlite(
    settings: Settings, source: Path, manifest: Manifest, *, now: datetime, replace: bool
) -> RestoredBackup:
    check_folder(settings)
    with name_lock(settings):
        place = settings.sqlite_path
        if place.exists() and not replace:
            raise BackupRefused(f"{place.absolute()} is there already. --replace puts it aside, under another name.")
        sqlite.remove_leftovers(place)
        new, aside = sqlite.beside(place), place.with_name(f"{place.name}.before-{now:%Y%m%d-%H%M%S}")
        was_there = place.exists()
        try:
            found = _unpack(source, manifest, new, now)
            sqlite.put_in_place(new, place, aside)
            if KEY in manifest.files:
                sqlite.put_key(_key_of(new), _key_of(place), _key_of(aside))
        finally:
            for end in ("", "-wal", "-shm", ".key"):
                new.with_name(new.name + end).unlink(missing_ok=True)
    kept = str(aside) if was_there else None
    return RestoredBackup(manifest=manifest, found=found, aside=kept)


def _unpack(source: Path, manifest: Manifest, new: Path, now: datetime) -> BackupContents:
    """Extract the database, migrate it, prove it and make it quiet; the key lands beside it."""
    extract(source, manifest, DATABASE["sqlite"], new)
    if KEY in manifest.files:
        extract(source, manifest, KEY, _key_of(new))
    sqlite.examine(new)
    engine = open_engine(new)
    try:
        with engine.begin() as connection:
            drop_own_triggers(connection)
        migrate(Settings(database_url=f"sqlite:///{new}"))
        with engine.begin() as connection:
            found = look_into(connection)
            quiet(connection, now)
    finally:
        engine.dispose()
    return found


def _key_of(database: Path) -> Path:
    """Where the key of the secrets lies: beside the database."""
    return database.with_name(f"{database.name}.key")


def _restore_postgres(
    settings: Settings, source: Path, manifest: Manifest, *, now: datetime, replace: bool
) -> RestoredBackup:
    url = settings.direct_url
    tool("pg_restore")
    there = asyncio.run(postgres.check_idle(url, replace=replace))
    name = postgres.name_of(url)
    aside = f"{name[:40]}_before_{now:%Y%m%d_%H%M%S}"
    new = asyncio.run(postgres.create(url, name))
    try:
        found = _load(source, manifest, postgres.named(url, new), now)
        asyncio.run(postgres.swap(url, new, aside, there=there))
    except BaseException:
        asyncio.run(postgres.drop(url, new))
        raise
    return RestoredBackup(manifest=manifest, found=found, aside=aside if there else None)


def _load(source: Path, manifest: Manifest, url: str, now: datetime) -> BackupContents:
    with tempfile.TemporaryDirectory(prefix="loyalty-restore-") as folder:
        dump = Path(folder, DATABASE["postgresql"])
        extract(source, manifest, dump.name, dump)
        postgres.load(url, dump)
    asyncio.run(postgres.examine(url, refuse_foreign))
    asyncio.run(postgres.examine(url, drop_own_triggers))
    migrate(Settings(database_url=url))

    def work(connection: Connection) -> BackupContents:
        found = look_into(connection)
        quiet(connection, now)
        connection.execute(text("ANALYZE"))  # a dump has no statistics, and plans without them read whole tables
        return found

    return asyncio.run(postgres.examine(url, work))
