"""Requests: what handlers may ask of a request and of the application, with its types.

What a request holds besides its content is `api/request_log.py`.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from litestar import Request
from litestar.datastructures import Address, State
from litestar.types import HTTPScope

from loyalty_app.runtime import Runtime

AppRequest = Request[Any, Any, Any]
"""Litestar's own request, as its handlers are given it."""


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
        """The headers by their names in small letters."""

    @property
    def path_params(self) -> Mapping[str, Any]:
        """The parts of the path that have names."""

    async def body(self) -> bytes:
        """The whole body. Raises what says that it is too large, or that the client is gone."""


def runtime_of(request: RequestLike) -> Runtime:
    """What the process holds open: the database, the counter and so on."""
    runtime: Runtime = request.app.state.runtime
    return runtime
