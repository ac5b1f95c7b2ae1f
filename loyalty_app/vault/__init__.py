"""The vault: secrets that must be read again but never shown, and the key that reads them.

`keys` encrypts and decrypts. `fingerprint` notices another key than the one with which a database began. `rotation`
encrypts everything again with a new key.
"""

from loyalty_app.vault.keys import Vault, open_vault

__all__ = ["Vault", "open_vault"]
