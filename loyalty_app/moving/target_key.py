"""The key of the place that some shops move into: their secrets are locked again with it.

It is found by the fingerprint that the place keeps. It is never shown.
"""

from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import insert

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import vault as vault_table
from loyalty_app.moving.carrying import Vaults
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.vault import Vault
from loyalty_app.vault.fingerprint import ONLY_ROW, kept_fingerprint
from loyalty_app.vault.keys import key_file_of, open_vault

UNKNOWN = (
    "The new place has another key for its secrets. Put its LOYALTY_SECRET_KEY into a file, and name that file with "
    "--to-key-file."
)


async def vaults_of(
    source: Settings, target: Settings, new: Database, *, given: Path | None, looking: bool = False
) -> Vaults | None:
    """The keys of both places; None if it is one. Raises SettingsError if that of the new place is not known.

    With `looking` nothing is written; an empty place has no key then.
    """
    old = open_vault(source)
    kept = await new.read(kept_fingerprint)
    if kept is None and looking:
        return None
    there = _vault_there(source, target, old, kept, given)
    if kept is None:
        row = insert(vault_table).values(id=ONLY_ROW, fingerprint=there.fingerprint)
        await new.write(lambda connection: connection.execute(row).close())
    return None if there.fingerprint == old.fingerprint else Vaults(old, there)


def _vault_there(source: Settings, target: Settings, old: Vault, kept: bytes | None, given: Path | None) -> Vault:
    """The vault of the new place; where nothing is kept yet, its key is chosen here."""
    if given is not None:
        named = Vault(given.read_text().strip())
        if kept not in {None, named.fingerprint}:
            raise SettingsError(f"{given} does not hold the key of the new place.")
        return named
    file = key_file_of(target)
    beside = None if file is None or not file.exists() else open_vault(replace(target, secret_key=None))
    if kept is None:
        return beside or (old if source.secret_key is not None else _new(target, old))
    for vault in (beside, old):
        if vault is not None and vault.fingerprint == kept:
            return vault
    raise SettingsError(UNKNOWN)


def _new(target: Settings, old: Vault) -> Vault:
    """The key of an empty place: beside a SQLite file it is made, for PostgreSQL that of the old place goes on."""
    return open_vault(replace(target, secret_key=None)) if target.on_sqlite else old
