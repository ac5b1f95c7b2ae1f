"""Direct: the two routes of stamping, served in front of Litestar, whose own path would be the dearest part of a stamp.

Only the way is shorter: the handlers are those of `routes.stamps`, and key, limits, scope, refusals, headers, figures
and log are the same as everywhere. What is not exactly a POST to one of them goes on to Litestar, which has the same
handlers in its table; so has the reference. How much it gives is told in decision 0017.
"""

import re
from collections.abc import Mapping
from typing import Any

from litestar import Response
from litestar.datastructures import Address
from litestar.response.base import ASGIResponse
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, HTTPScope, Receive, Send

from api.auth import admit
from api.problems import answer_failure, answer_refusal
from api.refusals import BodyTooLarge
from api.request_context import ApiState
from api.request_log import add_headers
from api.responses import envelope
from api.routes.stamps import stamp_by_code, stamp_by_id
from loyalty_app.counter import Answer
from loyalty_core import access
from loyalty_core.errors import LoyaltyError

LARGEST_BODY = 256 * 1024
STAMPING = re.compile(r"(?:/api)?/v1/customers/(?:qr/(?P<qr_code>[^/]+)|(?P<id>[^/]+))/stamps")
VERBS = {"id": stamp_by_id, "qr_code": stamp_by_code}
TEMPLATES = {"id": "/v1/customers/{id}/stamps", "qr_code": "/v1/customers/qr/{qr_code}/stamps"}
JSON = (b"content-type", b"application/json")
REPLAYED = (b"idempotent-replayed", b"true")


class ClientGone(Exception):
    """Whoever asked has hung up before all was said; nobody waits for an answer."""


class FastRequest:
    """A request, as much of it as a handler of stamps needs (`state.Asked`)."""

    def __init__(self, scope: HTTPScope, receive: Receive, *, app: ApiState, card: Mapping[str, str]) -> None:
        self.scope, self.receive, self.app, self.path_params = scope, receive, app, card
        given = reversed([*scope["headers"]])  # so that of a header that comes twice the first counts, as in Litestar
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in given}

    @property
    def client(self) -> Address | None:
        """Who is at the other end."""
        return Address(*self.scope["client"]) if self.scope["client"] else None

    async def body(self) -> bytes:
        """The whole body. Raises BodyTooLarge or ClientGone."""
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


def card_to_stamp(scope: Mapping[str, Any]) -> Mapping[str, str] | None:
    """What names the card in a request for stamps, {"id": …} or {"qr_code": …}; None if it asks for something else."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    found = STAMPING.fullmatch(scope["path"])
    return {str(found.lastgroup): found[str(found.lastgroup)]} if found else None


async def serve_stamp(request: FastRequest, send: Send) -> None:
    """Stamp a card, and answer, whatever comes of it. Who has hung up before they said all gets no answer."""
    (name,) = request.path_params
    request.scope["path_template"] = TEMPLATES[name]
    try:
        await admit(request, access.Scope.STAMPS_WRITE)
        answer = await VERBS[name](request)
    except ClientGone:
        return
    except LoyaltyError as refusal:
        await _send_refusal(request, answer_refusal(request, refusal), send)
    except Exception as error:  # noqa: BLE001  # the last resort, as elsewhere: the log gets the whole story
        await _send_refusal(request, answer_failure(request, error), send)
    else:
        await _send(request, answer, send)


async def _send(request: FastRequest, answer: Answer, send: Send) -> None:
    body = envelope(answer)
    headers = [JSON, (b"content-length", b"%d" % len(body)), *((REPLAYED,) if answer.replayed else ())]
    start: HTTPResponseStartEvent = {"type": "http.response.start", "status": 200, "headers": headers}
    end: HTTPResponseBodyEvent = {"type": "http.response.body", "body": body, "more_body": False}
    await add_headers(start, request.scope)
    await send(start)
    await send(end)


async def _send_refusal(request: FastRequest, response: Response[bytes], send: Send) -> None:
    plain = ASGIResponse(
        body=response.content,
        status_code=response.status_code,
        headers=response.headers,
        media_type=response.media_type,
    )

    async def send_with_headers(message: Any) -> None:  # noqa: ANN401  # one of ASGI's many messages
        await add_headers(message, request.scope)
        await send(message)

    await plain.start_response(send_with_headers)
    await plain.send_body(send, request.receive)
