"""HTTP messages: what handlers may read of a request, and how outcomes become responses, each encoded once.

What else is known of a request is in `api/request_log.py`. Refusals are in `api/problems.py`.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
from litestar import Request
from litestar.datastructures import Address, State
from litestar.response.base import ASGIResponse
from litestar.types import HTTPScope

from loyalty_app.counter import Answer
from loyalty_app.db.idempotency import KeyedAnswer
from loyalty_app.pagination import Page
from loyalty_app.runtime import Runtime
from loyalty_app.webhooks.event_log import EventPage

NO_HEADERS: Mapping[str, str] = {}

END_OF_STREAM = "end_of_stream"
"""In the state of a request whose answer has no end: what ends it, called when the server stops."""

SEND_WHOLE = "send_whole"
"""In the state of a request: what sends a whole answer at once, where the server can do that."""

AppRequest = Request[Any, Any, Any]
"""Litestar's own request, which its handlers get."""


class HasState(Protocol):
    """An application that keeps its state in an attribute."""

    state: State


class RequestLike(Protocol):
    """What handlers of stamps need of a request: one of Litestar's, or a `StampRequest` of the fast path."""

    @property
    def scope(self) -> HTTPScope:
        """The request as the server describes it, by ASGI."""

    @property
    def app(self) -> HasState:
        """The application that keeps the state."""

    @property
    def client(self) -> Address | None:
        """The address at the other end."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by their names in lower case."""

    @property
    def path_params(self) -> Mapping[str, Any]:
        """The named parts of the path."""

    async def body(self) -> bytes:
        """The whole body. Raises if it is too large, or if the client is gone."""


def runtime_of(request: RequestLike) -> Runtime:
    """What the process holds open: the database, the counter and so on."""
    runtime: Runtime = request.app.state.runtime
    return runtime


encode = msgspec.json.Encoder().encode


def envelope(answer: Answer[object] | KeyedAnswer) -> bytes:
    """The body of an answer that is JSON already, not encoded again."""
    return b'{"data":%b}' % answer.body


def counter_response(
    answer: Answer[object] | KeyedAnswer, *, status: int = 200, headers: Mapping[str, str] = NO_HEADERS
) -> ASGIResponse:
    """An answer that is given once; a replay says so in a header and is the same to the byte."""
    replayed = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    return ASGIResponse(body=envelope(answer), status_code=status, headers={**headers, **replayed})


def data_response(view: msgspec.Struct, *, headers: Mapping[str, str] = NO_HEADERS) -> ASGIResponse:
    """The response for a struct that the counter did not encode."""
    return ASGIResponse(body=b'{"data":%b}' % encode(view), headers=dict(headers))


def page_response(page: Page[object] | EventPage) -> ASGIResponse:
    """A page of a list, with its place in the list."""
    return ASGIResponse(body=encode(page))
