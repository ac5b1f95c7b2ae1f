"""The secret key, for the doctor: whether it is that of the database, and whether every secret can be read.

Nothing is changed: no key file is made, and no fingerprint written.
"""

from loyalty_app.db.engine import Database, open_database
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.vault.fingerprint import ROTATE, check_key_file, kept_fingerprint
from loyalty_app.vault.keys import WRONG_KEY, Vault, key_file_of, open_vault
from loyalty_app.vault.rotation import any_is_read, any_is_there, unreadable_things
from loyalty_cli.doctor.findings import Check, Status

NAME = "secrets"


async def examine_secret_key(settings: Settings) -> Check:
    """Check the key against the database, which must exist and have the newest schema."""
    database = open_database(settings)
    try:
        kept = await database.read(kept_fingerprint)
        check_key_file(settings, kept)
        file = key_file_of(settings)
        if settings.secret_key is None and file is not None and not file.exists():
            return Check(name=NAME, message="There are none yet, and no key.")
        return await _compared(database, open_vault(settings), kept, old=settings.secret_key_old is not None)
    except SettingsError as error:
        return Check(
            name=NAME, status=Status.PROBLEM, message=str(error), mend="Set the key with which this database began."
        )
    finally:
        await database.close()


async def _compared(database: Database, vault: Vault, kept: bytes | None, *, old: bool) -> Check:
    fits = kept in vault.fingerprints if kept else await _reads_any(database, vault)
    if not fits:
        raise SettingsError(WRONG_KEY)
    unreadable = await database.read(lambda connection: tuple(unreadable_things(connection, vault)))
    if unreadable:
        return Check(
            name=NAME,
            status=Status.PROBLEM,
            message="Some cannot be read with LOYALTY_SECRET_KEY, and what needs them fails.",
            mend="Set the key that encrypted them as LOYALTY_SECRET_KEY_OLD and run `loyalty key rotate-secret-key`; "
            "or rotate the webhooks, and set the bots again with `loyalty business set-bot`.",
            details=unreadable,
        )
    if kept and kept != vault.fingerprint:
        return Check(name=NAME, status=Status.NOTE, message=f"{ROTATE}.", mend="Run `loyalty key rotate-secret-key`.")
    if old:
        message = "All can be read. LOYALTY_SECRET_KEY_OLD is set, and no longer needed."
        return Check(name=NAME, status=Status.NOTE, message=message, mend="Remove LOYALTY_SECRET_KEY_OLD.")
    return Check(name=NAME, message="LOYALTY_SECRET_KEY is that of this database, and all can be read.")


async def _reads_any(database: Database, vault: Vault) -> bool:
    return not await database.read(any_is_there) or await database.read(
        lambda connection: any_is_read(connection, vault)
    )
