"""State: what the application keeps for its handlers, and what handlers may ask of a request, with its types."""

from collections.abc import Mapping
from typing import Any, Protocol

from litestar import Request
from litestar.datastructures import Address, State
from litestar.types import HTTPScope

from loyalty_app.runtime import Runtime

AppRequest = Request[Any, Any, Any]


class ApiState(Protocol):
    """Whatever keeps the state."""

    state: State


class ApiRequest(Protocol):
    """What a handler of stamps needs of a request, be it one of Litestar's or a `direct` one."""

    @property
    def scope(self) -> HTTPScope:
        """The request as the server tells of it."""

    @property
    def app(self) -> ApiState:
        """The application that keeps the state."""

    @property
    def client(self) -> Address | None:
        """Who is at the other end."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by their names in small letters."""

    @property
    def path_params(self) -> Mapping[str, Any]:
        """The parts of the path that have names."""

    async def body(self) -> bytes:
        """The whole body. Raises what says that it is too large, or that the client is gone."""


def running(request: ApiRequest) -> Runtime:
    """What the process holds open."""
    held: Runtime = request.app.state.running
    return held
