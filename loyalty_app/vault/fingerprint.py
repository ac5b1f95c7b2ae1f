"""The fingerprint: a value in the database that only the key of its secrets gives, so that another key is noticed.

It is derived from the key and tells nothing about it. Every process that works with secrets compares it at its start.
A database from before fingerprints gets one from the first process whose key reads its secrets.
"""

import hmac
import logging

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import vault as vault_table
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.vault.keys import WRONG_KEY, Vault, key_file_of, open_vault
from loyalty_app.vault.rotation import any_is_read, any_is_there

ONLY_ROW = 1
MISSING_FILE = (
    "The key of the secrets in this database is missing: LOYALTY_SECRET_KEY is not set, and there is no {}. Set it, or "
    "put the file back from a backup. If it is lost: `loyalty key rotate-secret-key --old-key-is-lost`."
)
ROTATE = (
    "LOYALTY_SECRET_KEY is new, and secrets of the old key are in the database: `loyalty key rotate-secret-key` "
    "encrypts them again"
)

log = logging.getLogger(__name__)


async def open_checked_vault(settings: Settings, database: Database) -> Vault:
    """The vault of an installation, whose key is the one of its database. Raises SettingsError if it is another.

    During a change of keys the old one (LOYALTY_SECRET_KEY_OLD) is enough, with a warning in the log.
    """
    check_key_file(settings, await database.read(kept_fingerprint))
    vault = open_vault(settings)
    kept = await fingerprint_of_database(database, vault)
    if not hmac.compare_digest(kept, vault.fingerprint):
        log.warning(ROTATE)
    return vault


def check_key_file(settings: Settings, kept: bytes | None) -> None:
    """Raise SettingsError if the key beside a SQLite file is gone: a new one would read nothing."""
    file = key_file_of(settings)
    if kept is not None and settings.secret_key is None and file is not None and not file.exists():
        raise SettingsError(MISSING_FILE.format(file))


async def fingerprint_of_database(database: Database, vault: Vault) -> bytes:
    """The fingerprint in the database, which is written if there is none yet. Raises SettingsError.

    It must be that of the key in use or of an old one.
    """
    kept = await database.read(kept_fingerprint)
    if kept is None:
        if await database.read(any_is_there) and not await database.read(lambda c: any_is_read(c, vault)):
            raise SettingsError(WRONG_KEY)
        kept = await _keep(database, vault.fingerprint)
    if kept not in vault.fingerprints:
        raise SettingsError(WRONG_KEY)
    return kept


async def _keep(database: Database, fingerprint: bytes) -> bytes:
    """Write the first fingerprint; return the one that is there, if another process was quicker."""
    row = insert(vault_table).values(id=ONLY_ROW, fingerprint=fingerprint)
    try:
        await database.write(lambda connection: connection.execute(row).close())
    except IntegrityError:
        return await database.read(kept_fingerprint) or fingerprint
    return fingerprint


def kept_fingerprint(connection: Connection) -> bytes | None:
    """The fingerprint in the database; None if there is none yet."""
    kept: bytes | None = connection.scalar(select(vault_table.c.fingerprint).where(vault_table.c.id == ONLY_ROW))
    return kept
