"""Requests beside the routes: HEAD, OPTIONS, wrong addresses and methods, and what the server refused below them.

HEAD is GET without a body. OPTIONS and a 405 list all methods of an address. The server hands over what it refused with
the refusal in the state of the request, under `refused`; `loyalty_cli/http_connection.py` decides that. All are
answered as every other request is, and a known key is told its rate limit.
"""

from typing import Any, cast

from litestar import Litestar, Request
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.response.base import ASGIResponse
from litestar.types import HTTPScope, Message, Method, Scope, Send
from litestar.utils import normalize_path

from api.auth import identify
from api.messages import RequestLike
from api.problems import STATUS, allowed, allowed_at, answer_refusal
from api.refusals import MalformedRequest, MethodNotAllowed, NotFound
from api.stamp_fast_path import StampRequest, send_refusal, send_response
from loyalty_core.errors import LoyaltyError

UNROUTED = {STATUS[kind] for kind in (NotFound, MethodNotAllowed, MalformedRequest)}
NO_METHOD = cast("Method", "NONE")
"""A method that no address takes."""
EVERY_ADDRESS = "*"


async def answer_refused(request: StampRequest, refusal: LoyaltyError, send: Send) -> None:
    """Answer a request that the server refused."""
    await identify(request)
    await send_refusal(request, answer_refusal(request, refusal), send)


async def tell_limits(message: Message, scope: Scope) -> None:
    """Litestar's hook before an answer is sent: where no route was found, no guard has looked at the key."""
    if message["type"] == "http.response.start" and message["status"] in UNROUTED:
        await identify(cast("RequestLike", Request(scope)))


def as_get(scope: HTTPScope, send: Send) -> tuple[HTTPScope, Send]:
    """A HEAD request as the GET whose headers it asks for, and a way to send them without the body."""

    async def send_head(message: Any) -> None:  # noqa: ANN401  # one of ASGI's many messages
        await send(cast("Message", {**message, "body": b""}) if message["type"] == "http.response.body" else message)

    return cast("HTTPScope", {**scope, "method": "GET"}), send_head


async def answer_options(app: Litestar, request: StampRequest, send: Send) -> None:
    """Tell anybody, without a key, which methods an address takes."""
    methods = methods_of(app, request.scope["path"])
    if methods is None:
        await send_refusal(request, answer_refusal(request, NotFound()), send)
        return
    response = ASGIResponse(status_code=204, headers={"Allow": methods}, media_type=None)
    await send_response(request, response, send)


def methods_of(app: Litestar, path: str) -> str | None:
    """The methods of an address, as the header Allow lists them; None if there is no such address."""
    if path.strip("/") == EVERY_ADDRESS:
        return allowed("GET, POST, PATCH, DELETE")
    try:
        app.asgi_router.handle_routing(path=normalize_path(path), method=NO_METHOD)
    except MethodNotAllowedException as error:
        return allowed_at(error)
    except NotFoundException:
        pass
    return None
