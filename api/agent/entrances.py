"""The two entrances of the connector: /mcp of a running API, and standard input and output.

The first is stateless, for any number of agents and processes, and asks the very application that it is part of. The
second is for one agent on its own machine, and asks an API over the network. Both load the library of the extra `mcp`.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
from litestar.types import ASGIApp, Receive, Scope, Send
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from api.agent.desk import Desk
from api.agent.server import Context, build_server, name_of_agent
from api.operations import PREFIXES

PATIENCE_SECONDS = 30


@asynccontextmanager
async def open_connector(app: ASGIApp) -> AsyncIterator[ASGIApp]:
    """The connector as an ASGI application, which asks `app`."""
    transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://agent.internal") as client:

        async def find_desk(context: Context) -> Desk:
            headers = context.request.headers if context.request is not None else {}
            return Desk(client, key_in(headers), name_of_agent(context))

        manager = StreamableHTTPSessionManager(build_server(find_desk), json_response=True, stateless=True)
        async with manager.run():

            async def serve(scope: Scope, receive: Receive, send: Send) -> None:
                await manager.handle_request(cast("Any", scope), cast("Any", receive), cast("Any", send))

            yield serve


def key_in(headers: Mapping[str, str]) -> str:
    """The API key of a request to the connector."""
    scheme, _, text = headers.get("authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")


async def serve_stdio(url: str, key: str) -> None:
    """Serve until the agent closes its end. `url` is the address of the service, with or without /v1."""
    async with httpx.AsyncClient(base_url=address_of(url), timeout=PATIENCE_SECONDS) as client:

        async def find_desk(context: Context) -> Desk:
            return Desk(client, key, name_of_agent(context))

        server = build_server(find_desk)
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())


def address_of(url: str) -> str:
    """The address of a service, without the version of its API."""
    address = url.strip().rstrip("/")
    for prefix in sorted(PREFIXES, key=len, reverse=True):
        address = address.removesuffix(prefix)
    return address
