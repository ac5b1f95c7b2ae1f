"""The vault itself: encrypts what must be read again but never shown (webhook secrets, bot tokens).

It also makes values that nobody else can compute and that stay the same: `seed`. The key is LOYALTY_SECRET_KEY, or lies
beside the SQLite file, created on first use and readable by its owner only. LOYALTY_SECRET_KEY_OLD only decrypts. If
the key is lost, every secret has to be made again.

The library that encrypts takes 7 MB, so it is loaded for the first secret: most shops have none.
"""

import base64
import hmac
import os
import secrets
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_app.private_files import new_file
from loyalty_app.settings import Settings, SettingsError

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

SHORTEST_KEY = 16
KEY_BYTES = 32
WRONG_KEY = (
    "LOYALTY_SECRET_KEY is not the key with which the secrets in this database were encrypted. Set that key. To change "
    "it, set the new one as LOYALTY_SECRET_KEY and that one as LOYALTY_SECRET_KEY_OLD, and run "
    "`loyalty key rotate-secret-key`."
)
BEGINNING = b"gAAAA"
"""What every encrypted value begins with: the version of Fernet, and the first bytes of a time."""


class Vault:
    """Encrypts with one key; decrypts with it, and with older ones."""

    def __init__(self, secret_key: str, *older: str) -> None:
        self._keys = [_derived(key, b"loyalty vault 1") for key in (secret_key, *older)]
        self._seeds = _derived(secret_key, b"loyalty seeds 1")
        self._all_seeds = [self._seeds, *(_derived(key, b"loyalty seeds 1") for key in older)]
        self.fingerprints = tuple(_derived(key, b"loyalty fingerprint 1") for key in (secret_key, *older))
        """A value for each key, the one in use first, from which the key cannot be learned."""

    @property
    def fingerprint(self) -> bytes:
        """The fingerprint of the key in use."""
        return self.fingerprints[0]

    def lock(self, text: str) -> bytes:
        """Encrypt."""
        return self._all.encrypt(text.encode())

    def unlock(self, locked: bytes) -> str:
        """Decrypt. Raises SettingsError if none of the keys has encrypted it."""
        text = _decrypted(self._all, locked)
        if text is None:
            raise SettingsError(WRONG_KEY)
        return text.decode()

    def reads(self, locked: bytes) -> bool:
        """Whether one of the keys has encrypted it."""
        return _decrypted(self._all, locked) is not None

    def lock_again(self, locked: bytes) -> bytes | None:
        """Encrypt it with the key in use; None if it is already, or no key reads it."""
        if _decrypted(_fernets(self._keys[:1]), locked) is not None:
            return None
        return self._all.rotate(locked) if self.reads(locked) else None

    @cached_property
    def _all(self) -> "MultiFernet":
        return _fernets(self._keys)

    def seed(self, *parts: object) -> bytes:
        """32 bytes that look random: the same for the same parts, and unknown without the key."""
        return _seed(self._seeds, *parts)

    def code_keys(self, business_id: int) -> tuple[bytes, ...]:
        """The keys of a shop's rotating codes: the first makes them, others did before a change of the key."""
        return tuple(_seed(seeds, "rotating codes", business_id) for seeds in self._all_seeds)


def _seed(seeds: bytes, *parts: object) -> bytes:
    text = "\0".join(map(str, parts))
    return hmac.digest(seeds, text.encode(), "sha256")


def _derived(secret_key: str, purpose: bytes) -> bytes:
    """A key for one purpose: HKDF with SHA-256 and no salt, as in RFC 5869, of one block."""
    return hmac.digest(hmac.digest(bytes(KEY_BYTES), secret_key.encode(), "sha256"), purpose + b"\x01", "sha256")


def _fernets(keys: Sequence[bytes]) -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415  # see above

    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def _decrypted(fernets: "MultiFernet", locked: bytes) -> bytes | None:
    from cryptography.fernet import InvalidToken  # noqa: PLC0415  # see above

    try:
        return fernets.decrypt(locked)
    except InvalidToken:
        return None


def open_vault(settings: Settings) -> Vault:
    """The vault of an installation; a key beside a SQLite file is made if there is none. Raises SettingsError."""
    for name in ("secret_key", "secret_key_old"):
        if len(getattr(settings, name) or "k" * SHORTEST_KEY) < SHORTEST_KEY:
            raise SettingsError(f"LOYALTY_{name.upper()} must have at least 16 characters.")
    file, older = key_file_of(settings), [settings.secret_key_old] if settings.secret_key_old else []
    if settings.secret_key is not None:
        return Vault(settings.secret_key, *older)
    if file is None:
        raise SettingsError(
            "LOYALTY_SECRET_KEY is required with PostgreSQL: a long random text, the same for every process."
        )
    kept = _kept_key(file)
    if len(kept) < SHORTEST_KEY:
        raise SettingsError(f"{file} must hold the key of this database: at least 16 characters.")
    return Vault(kept, *older)


def key_file_of(settings: Settings) -> Path | None:
    """Where the key lies beside a SQLite file; None with PostgreSQL."""
    return Path(f"{settings.sqlite_path}.key") if settings.on_sqlite else None


def _kept_key(path: Path) -> str:
    """The key beside the SQLite file. It appears whole, so two processes that create it at once agree on one."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with new_file(draft) as file:
            file.write(secrets.token_urlsafe(32).encode())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
