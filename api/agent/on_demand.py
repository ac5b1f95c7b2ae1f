"""The connector on demand: the first request to /mcp opens it. A shop without agents does not pay for it.

It lives in a task of its own until the application stops.
"""

import asyncio
from importlib.util import find_spec
from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

from api.auth import admit
from api.problems import answer_refusal
from api.request_log import add_headers
from api.stamp_fast_path import StampRequest, send_refusal
from loyalty_core.errors import LoyaltyError

PATH = "/mcp"


def installed() -> bool:
    """Whether the extra `mcp` is there."""
    return find_spec("mcp") is not None


async def serve_agent(request: StampRequest, connector: "ConnectorOnDemand", send: Send) -> None:
    """Serve a request to /mcp for an agent that has an API key; it counts as one, as does each that a tool makes."""
    request.scope["path_template"] = PATH
    try:
        await admit(request, None)
    except LoyaltyError as refusal:
        await send_refusal(request, answer_refusal(request, refusal), send)
        return

    async def send_with_headers(message: Any) -> None:  # noqa: ANN401  # one of ASGI's many messages
        await add_headers(message, request.scope)
        await send(message)

    await connector.serve(request.scope, request.receive, send_with_headers)


class ConnectorOnDemand:
    """The connector of an application, opened when it is first asked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._opened: asyncio.Future[ASGIApp] | None = None
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request to /mcp."""
        if self._opened is None:
            self._opened = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._live(self._opened), name="agent connector")
        connector = await asyncio.shield(self._opened)
        await connector(scope, receive, send)

    async def close(self) -> None:
        """Close it, if it was opened."""
        self._stop.set()
        if self._task is not None:
            await self._task

    async def _live(self, opened: "asyncio.Future[ASGIApp]") -> None:
        from api.agent.entrances import open_connector  # noqa: PLC0415  # loads the library of the extra

        async with open_connector(self._app) as connector:
            opened.set_result(connector)
            await self._stop.wait()
