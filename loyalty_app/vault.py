"""The vault: encrypts what must be read again but never shown (webhook secrets, bot tokens).

It also makes values that nobody else can compute and that stay the same: `seed`. The key is LOYALTY_SECRET_KEY, or lies
beside the SQLite file, created on first use and readable by its owner only. If it is lost, every secret has to be made
again.
"""

import base64
import hmac
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from loyalty_app.settings import Settings, SettingsError

SHORTEST_KEY = 16
WRONG_KEY = "LOYALTY_SECRET_KEY is not the key with which the secrets in this database were encrypted."


class Vault:
    """Encrypts and decrypts with one key."""

    def __init__(self, secret_key: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(_derived(secret_key, b"loyalty vault 1")))
        self._seeds = _derived(secret_key, b"loyalty seeds 1")

    def lock(self, text: str) -> bytes:
        """Encrypt."""
        return self._fernet.encrypt(text.encode())

    def unlock(self, locked: bytes) -> str:
        """Decrypt. Raises SettingsError if it was encrypted with another key."""
        try:
            return self._fernet.decrypt(locked).decode()
        except InvalidToken as error:
            raise SettingsError(WRONG_KEY) from error

    def seed(self, *parts: object) -> bytes:
        """32 bytes that look random: the same for the same parts, and unknown without the key."""
        text = "\0".join(map(str, parts))
        return hmac.digest(self._seeds, text.encode(), "sha256")


def _derived(secret_key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret_key.encode())


def open_vault(settings: Settings) -> Vault:
    """The vault of an installation. Raises SettingsError."""
    if settings.secret_key is not None:
        if len(settings.secret_key) < SHORTEST_KEY:
            raise SettingsError("LOYALTY_SECRET_KEY must have at least 16 characters.")
        return Vault(settings.secret_key)
    if not settings.on_sqlite:
        raise SettingsError(
            "LOYALTY_SECRET_KEY is required with PostgreSQL: a long random text, the same for every process."
        )
    path = Path(f"{settings.sqlite_path}.key")
    kept = _kept_key(path)
    if len(kept) < SHORTEST_KEY:
        raise SettingsError(f"{path} must hold the key of this database: at least 16 characters.")
    return Vault(kept)


def _kept_key(path: Path) -> str:
    """The key beside the SQLite file. It appears whole, so two processes that create it at once agree on one."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123  # with a mode
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
