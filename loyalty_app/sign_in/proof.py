"""Proof: checks the init data of a page with the token of its bot, or with Telegram's public key.

The rules are in `loyalty_core/init_data.py`. A process that does not hold the token of a bot, as `loyalty api` beside a
`loyalty bot`, checks Telegram's own signature. Telegram's key for its test environment is not taken: people there
choose their own ids.
"""

from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from loyalty_app.chat.bot_identity import bot_id_of
from loyalty_app.chat.bots import LIVE
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import telegram_bot
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.vault import Vault
from loyalty_core.fields import BotId
from loyalty_core.init_data import InitData, InitDataFault, check_with_signature, check_with_token

TELEGRAM_KEY = bytes.fromhex("e7bf03a2fa4602af4580703d88dda5bb59f32ed8b02a56c187fe7d34caed242d")
"""Telegram's public key for init data, as published in "Validating data for Third-Party Use" of
<https://core.telegram.org/bots/webapps>."""


class InitDataProof:
    """Checks init data for the bots of an installation."""

    def __init__(self, database: Database, vault: Vault, settings: Settings, *, key: bytes = TELEGRAM_KEY) -> None:
        self._database, self._vault, self._settings = database, vault, settings
        self._key = Ed25519PublicKey.from_public_bytes(key)

    async def check(self, bot_id: BotId, text: str, *, now: datetime) -> InitData | InitDataFault:
        """The person who opened a page of a bot, or why that is not believed."""
        token = await self._token(bot_id)
        if token is None:
            return check_with_signature(text, bot_id, self._signed, now=now)
        return check_with_token(text, token, now=now)

    def _signed(self, signature: bytes, message: bytes) -> bool:
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    async def _token(self, bot_id: BotId) -> str | None:
        """The token of a bot; None if this process does not hold it, or cannot read it."""
        shared = self._settings.telegram_token
        if shared is not None and bot_id_of(shared) == bot_id:
            return shared
        own = select(telegram_bot.c.token).where(telegram_bot.c.bot_id == bot_id, LIVE)
        locked: bytes | None = await self._database.glance(lambda connection: connection.scalar(own))
        try:
            return self._vault.unlock(locked) if locked is not None else None
        except SettingsError:
            return None
