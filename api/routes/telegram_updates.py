"""The route to which Telegram sends updates, where a public address is set (`LOYALTY_PUBLIC_URL`).

An update is stored first, and only then acknowledged. `chat/update_queue.py` keeps it from being handled twice. Updates
are not interpreted here; the bots handle them, in this process or in another. Where no address is set, the bots fetch
updates themselves (`bots/polling.py`).
"""

import hmac

import msgspec
from litestar import post
from litestar.response.base import ASGIResponse

from api.messages import AppRequest, runtime_of
from api.parsing import path_id, whole_body
from api.refusals import NotFound
from loyalty_app.chat.bots import find_secret
from loyalty_app.chat.incoming_updates import new_update, take_in
from loyalty_core.errors import InvalidRequest

SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105  # the name of a header


@post("/telegram/{id:str}", include_in_schema=False, status_code=200)
async def take_update(request: AppRequest) -> ASGIResponse:
    """Store an update. Without the bot's secret a caller learns nothing, not even whether there is a bot."""
    runtime, bot_id = runtime_of(request), path_id(request)
    secret = await runtime.database.read(lambda connection: find_secret(connection, bot_id))
    shown = request.headers.get(SECRET, "")
    if not hmac.compare_digest(shown.encode(), (secret or "").encode()) or not secret:
        raise NotFound
    try:
        update = new_update(msgspec.json.decode(await whole_body(request)))
    except ValueError as error:  # msgspec.DecodeError is one too
        raise InvalidRequest.field("update_id", "must be that of an update of Telegram") from error
    await take_in(runtime.database, bot_id, [update], now=runtime.clock())
    runtime.wakeups.updates.notify()
    return ASGIResponse(body=b"{}")


HANDLERS = [take_update]
