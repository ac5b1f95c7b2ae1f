"""The key of the place that some shops move into: their secrets are locked again with it.

It is found by the fingerprint that the place keeps. It is never shown.
"""

from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import Connection, insert, select

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business
from loyalty_app.db.tables import vault as vault_table
from loyalty_app.moving.carrying import Vaults
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.vault import Vault
from loyalty_app.vault.fingerprint import ONLY_ROW, kept_fingerprint
from loyalty_app.vault.keys import SHORTEST_KEY, key_file_of, open_vault

NAME_IT = "Put its LOYALTY_SECRET_KEY into a file, and name that file with --to-key-file."
UNKNOWN = f"The new place has another key for its secrets. {NAME_IT}"
NOT_SEEN = (
    "The new place has shops of its own, and no server was ever started there, so which key it has cannot be seen. "
    f"{NAME_IT}"
)


async def vaults_of(
    source: Settings, target: Settings, new: Database, *, given: Path | None, looking: bool = False
) -> Vaults | None:
    """The keys of both places; None if it is one. Raises SettingsError if that of the new place is not known.

    A place without shops has none yet, and gets one here; with `looking` nothing is written.
    """
    old = open_vault(source)
    kept = await new.read(kept_fingerprint)
    if kept is None and given is None and _beside(target) is None and await new.read(_has_shops):
        raise SettingsError(NOT_SEEN)
    if kept is None and looking:
        return None
    there = _vault_there(source, target, old, kept, given)
    if kept is None:
        row = insert(vault_table).values(id=ONLY_ROW, fingerprint=there.fingerprint)
        await new.write(lambda connection: connection.execute(row).close())
    return None if there.fingerprint == old.fingerprint else Vaults(old, there)


def named_vault(file: Path) -> Vault:
    """The vault of a key that stands in a file. Raises SettingsError if it cannot be one."""
    key = file.read_bytes().decode(errors="replace").strip()
    if len(key) < SHORTEST_KEY:
        raise SettingsError(f"{file} must hold the LOYALTY_SECRET_KEY of the new place: at least 16 characters.")
    return Vault(key)


def _has_shops(connection: Connection) -> bool:
    return connection.execute(select(business.c.id).limit(1)).first() is not None


def _vault_there(source: Settings, target: Settings, old: Vault, kept: bytes | None, given: Path | None) -> Vault:
    """The vault of the new place; where nothing is kept yet, its key is chosen here."""
    if given is not None:
        named = named_vault(given)
        if kept not in {None, named.fingerprint}:
            raise SettingsError(f"{given} does not hold the key of the new place.")
        return named
    beside = _beside(target)
    if kept is None:
        return beside or (old if source.secret_key is not None else _new(target, old))
    for vault in (beside, old):
        if vault is not None and vault.fingerprint == kept:
            return vault
    raise SettingsError(UNKNOWN)


def _beside(target: Settings) -> Vault | None:
    """The vault of a key that lies beside a SQLite file."""
    file = key_file_of(target)
    return None if file is None or not file.exists() else open_vault(replace(target, secret_key=None))


def _new(target: Settings, old: Vault) -> Vault:
    """The key of an empty place: beside a SQLite file it is made, for PostgreSQL that of the old place goes on."""
    return open_vault(replace(target, secret_key=None)) if target.on_sqlite else old
