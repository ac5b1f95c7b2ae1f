"""Identity: which bot a token belongs to, asked of Telegram. That is all of Telegram that is spoken here.

No message ever holds a token: the words of the HTTP client, which might, go no further.
"""

import aiohttp
import msgspec

from loyalty_app.settings import TOKEN
from loyalty_core.errors import InvalidRequest

TELEGRAM = "https://api.telegram.org"
PATIENCE_SECONDS = 10.0
UNKNOWN = {401, 404}


class TelegramAway(Exception):
    """Telegram cannot be asked; the text says where it was looked for, and what came of it."""


class Identity(msgspec.Struct, frozen=True):
    """A bot as Telegram knows it."""

    id: int
    username: str


class _Answer(msgspec.Struct, frozen=True):
    result: Identity


async def who_is(token: str, api_url: str | None = None) -> Identity:
    """The bot of a token, by getMe of Telegram or of another Bot API server.

    Raises InvalidRequest if that is no token, or one that Telegram does not know; TelegramAway.
    """
    if not TOKEN.fullmatch(token):
        raise InvalidRequest.field("token", "must be a bot's token, as BotFather gives it: 123456789:AbC…")
    where = (api_url or TELEGRAM).rstrip("/")
    status, body = await _get_me(where, token)
    if status in UNKNOWN:
        raise InvalidRequest.field("token", f"is not known at {where}; BotFather gives the right one")
    try:
        return msgspec.json.decode(body, type=_Answer).result
    except msgspec.DecodeError:
        raise TelegramAway(f"{where} answers with status {status}, and not as a Bot API server does.") from None


async def _get_me(where: str, token: str) -> tuple[int, bytes]:
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.get(f"{where}/bot{token}/getMe", allow_redirects=False) as answer,
        ):
            return answer.status, await answer.read()
    except (aiohttp.ClientError, OSError, ValueError):
        raise TelegramAway(f"{where} does not answer.") from None


def bot_id_of(token: str | None) -> int | None:
    """The bot's number, with which its token begins; None if that is no token."""
    return int(token.partition(":")[0]) if token and TOKEN.fullmatch(token) else None
