"""The fast path of stamps: the two routes of stamping, served in front of Litestar.

Why: Litestar's own way from a path to a handler costs more than the rest of a stamp (measured: decision 0017). Only
that way is shorter. Path, method, scope and status are those of the operations in `routes/stamps.py`, read once at the
start; key, limits, refusals, headers, figures and log use the same code as everywhere. Any request that is not exactly
one for these two routes goes on to Litestar, which serves them too.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from litestar import Response
from litestar.datastructures import Address
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, HTTPScope, Receive, Send

from api.auth import admit
from api.messages import SEND_WHOLE, HasState, RequestLike, envelope
from api.operations import PREFIXES, Operation
from api.problems import answer_failure, answer_refusal
from api.refusals import LARGEST_BODY, BodyTooLarge
from api.request_log import add_headers
from api.routes.stamps import add_stamps, add_stamps_by_code, stamp_by_code, stamp_by_id
from loyalty_app.counter import Answer
from loyalty_core.access import Scope
from loyalty_core.errors import LoyaltyError
from loyalty_core.outcomes import Stamped

JSON = (b"content-type", b"application/json")
REPLAYED = (b"idempotent-replayed", b"true")


PARAMETER = re.compile(r"{(\w+):str}")
"""A parameter in a path, as Litestar writes it."""


Stamp = Callable[[RequestLike], Awaitable[Answer[Stamped]]]
"""What a route asks of the counter."""


class StampRoute(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two routes, with what its operation says.

    `parameter` is the part of the path that names the card, `pattern` the path as a regular expression with that part
    as its group, `template` the path as Litestar would name it to the log.
    """

    method: str
    scope: Scope | None
    status: int
    parameter: str
    pattern: str
    template: str
    stamp: Stamp


def route_of(handler: HTTPRouteHandler, stamp: Stamp) -> StampRoute:
    """The route of a handler, as its decorator declares it."""
    operation: Operation = handler.opt["operation"]
    (method,), (path,) = handler.http_methods, handler.paths
    before, parameter, after = PARAMETER.split(path)
    return StampRoute(
        method=method,
        scope=operation.scope,
        status=operation.status,
        parameter=parameter,
        pattern=f"{re.escape(before)}(?P<{parameter}>[^/]+){re.escape(after)}",
        template=PREFIXES[0] + path,
        stamp=stamp,
    )


# Computed once, here: a request costs one match of PATH and one look into ROUTES.
ROUTES = {
    route.parameter: route for route in (route_of(add_stamps_by_code, stamp_by_code), route_of(add_stamps, stamp_by_id))
}
PATH = re.compile(f"(?:{'|'.join(PREFIXES)})(?:{'|'.join(route.pattern for route in ROUTES.values())})")
(METHOD,) = {route.method for route in ROUTES.values()}


class ClientGone(Exception):
    """The client hung up before its request was complete; nobody waits for an answer."""


class StampRequest:
    """A request with only what handlers of stamps need (`messages.RequestLike`)."""

    def __init__(self, scope: HTTPScope, receive: Receive, *, app: HasState, card: Mapping[str, str]) -> None:
        self.scope, self.receive, self.app, self.path_params = scope, receive, app, card
        last_first = reversed([*scope["headers"]])  # if a header comes twice, the first counts, as in Litestar
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in last_first}

    @property
    def client(self) -> Address | None:
        """The address at the other end."""
        return Address(*self.scope["client"]) if self.scope["client"] else None

    async def body(self) -> bytes:
        """The whole body. Raises BodyTooLarge or ClientGone."""
        if _announced(self.headers.get("content-length")) > LARGEST_BODY:
            raise BodyTooLarge  # before it is sent: a client that waits for 100 Continue learns it now
        body, more = b"", True
        while more:
            message: Any = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            body += message["body"]
            more = message["more_body"]
            if len(body) > LARGEST_BODY:
                raise BodyTooLarge
        return body


def _announced(length: str | None) -> int:
    return int(length) if length and length.isdecimal() else 0


def card_to_stamp(scope: Mapping[str, Any]) -> Mapping[str, str] | None:
    """The parameter that names the card, {"id": …} or {"qr_code": …}; None if the request is not one for stamps."""
    if scope["type"] != "http" or scope["method"] != METHOD:
        return None
    match = PATH.fullmatch(scope["path"])
    return {str(match.lastgroup): match[str(match.lastgroup)]} if match else None


async def serve_stamp(request: StampRequest, send: Send) -> None:
    """Stamp a card and answer, also when that fails. A client that hung up halfway gets no answer."""
    (parameter,) = request.path_params
    route = ROUTES[parameter]
    request.scope["path_template"] = route.template
    try:
        await admit(request, route.scope)
        answer = await route.stamp(request)
    except ClientGone:
        return
    except LoyaltyError as refusal:
        await send_refusal(request, answer_refusal(request, refusal), send)
    except Exception as error:  # noqa: BLE001  # the last resort, as elsewhere: the log gets the traceback
        await send_refusal(request, answer_failure(request, error), send)
    else:
        await _send(request, answer, route.status, send)


async def _send(request: StampRequest, answer: Answer[Stamped], status: int, send: Send) -> None:
    body = envelope(answer)
    headers = [JSON, (b"content-length", b"%d" % len(body)), *((REPLAYED,) if answer.replayed else ())]
    start: HTTPResponseStartEvent = {"type": "http.response.start", "status": status, "headers": headers}
    end: HTTPResponseBodyEvent = {"type": "http.response.body", "body": body, "more_body": False}
    await add_headers(start, request.scope)
    send_whole = request.scope["state"].get(SEND_WHOLE)
    if send_whole is None or not send_whole(request.scope, status, start["headers"], body):
        await send(start)
        await send(end)


async def send_refusal(request: StampRequest, response: Response[bytes], send: Send) -> None:
    """Send a refusal past Litestar."""
    plain = ASGIResponse(
        body=response.content,
        status_code=response.status_code,
        headers=response.headers,
        media_type=response.media_type,
    )
    await send_response(request, plain, send)


async def send_response(request: StampRequest, response: ASGIResponse, send: Send) -> None:
    """Send an answer past Litestar, with the headers of every answer."""

    async def send_with_headers(message: Any) -> None:  # noqa: ANN401  # one of ASGI's many messages
        await add_headers(message, request.scope)
        await send(message)

    await response.start_response(send_with_headers)
    await response.send_body(send, request.receive)
