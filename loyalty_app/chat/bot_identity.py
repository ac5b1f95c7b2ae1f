"""Bot identity: asks Telegram which bot a token belongs to and where its updates go. Everything else is in `bots`.

No message ever holds a token: errors of the HTTP client might, so their text is dropped.
"""

import aiohttp
import msgspec

from loyalty_app.settings import TOKEN
from loyalty_core.errors import InvalidRequest

TELEGRAM = "https://api.telegram.org"
PATIENCE_SECONDS = 10.0
UNKNOWN = {401, 404}


class TelegramAway(Exception):
    """Telegram cannot be reached or understood; the text says at which address, and why."""


class Identity(msgspec.Struct, frozen=True):
    """A bot as Telegram knows it."""

    id: int
    username: str


class Webhook(msgspec.Struct, frozen=True):
    """Where a bot's updates go, how many wait there, and the last failure: Unix seconds and Telegram's words."""

    url: str = ""
    pending_update_count: int = 0
    last_error_date: int | None = None
    last_error_message: str | None = None


class _Answer(msgspec.Struct, frozen=True):
    result: Identity


class _WebhookAnswer(msgspec.Struct, frozen=True):
    result: Webhook


async def who_is(token: str, api_url: str | None = None) -> Identity:
    """The bot of a token, by getMe of Telegram or another Bot API server.

    Raises InvalidRequest if the token is malformed or unknown to Telegram; TelegramAway.
    """
    if not TOKEN.fullmatch(token):
        raise InvalidRequest.field("token", "must be a bot's token, as BotFather gives it: 123456789:AbC…")
    where = (api_url or TELEGRAM).rstrip("/")
    status, body = await _ask(where, token, "getMe")
    if status in UNKNOWN:
        raise InvalidRequest.field("token", f"is not known at {where}; BotFather gives the right one")
    try:
        return msgspec.json.decode(body, type=_Answer).result
    except msgspec.DecodeError:
        raise TelegramAway(f"{where} answers with status {status}, and not as a Bot API server does.") from None


async def webhook_of(token: str, api_url: str | None = None) -> Webhook:
    """Where Telegram sends a bot's updates, and its last complaint. Raises TelegramAway."""
    where = (api_url or TELEGRAM).rstrip("/")
    status, body = await _ask(where, token, "getWebhookInfo")
    try:
        return msgspec.json.decode(body, type=_WebhookAnswer).result
    except msgspec.DecodeError:
        raise TelegramAway(f"{where} answers with status {status}, and not as a Bot API server does.") from None


async def _ask(where: str, token: str, method: str) -> tuple[int, bytes]:
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.get(f"{where}/bot{token}/{method}", allow_redirects=False) as answer,
        ):
            return answer.status, await answer.read()
    except (aiohttp.ClientError, OSError, ValueError):
        raise TelegramAway(f"{where} does not answer.") from None


def bot_id_of(token: str | None) -> int | None:
    """The bot's id, with which its token begins; None if the token is malformed."""
    return int(token.partition(":")[0]) if token and TOKEN.fullmatch(token) else None
