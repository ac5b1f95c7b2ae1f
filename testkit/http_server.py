"""An application on a real port of this machine, served in the event loop of a test."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

REST_SECONDS = 75
"""How long an idle connection is kept, as Telegram does: longer than a bot does. Why: if both let go at the same
moment, a call may fail of which a bot cannot know whether it has arrived."""


class Uvicorn(uvicorn.Server):
    """Uvicorn in the event loop of a test: it leaves signals alone, and stops at once."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to pytest."""
        yield

    async def stop(self) -> None:
        """Stop listening. Open requests have one more second; the sandbox has ended long polls before."""
        for listener in self.servers:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if tasks := set(self.server_state.tasks):
            _, late = await asyncio.wait(tasks, timeout=1)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


@asynccontextmanager
async def free_port() -> AsyncIterator[socket.socket]:
    """A socket on a free port, on which nothing listens yet."""
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener


@asynccontextmanager
async def served(
    app: Any,  # noqa: ANN401  # any ASGI application
    listener: socket.socket,
    http: Any = "httptools",  # noqa: ANN401  # a name of uvicorn's, or what makes a connection
    rest: int = REST_SECONDS,
) -> AsyncIterator[None]:
    """Serve an application on a socket, and close idle connections after `rest` seconds; its lifespan is not run."""
    config = uvicorn.Config(
        app, lifespan="off", http=http, ws="none", log_config=None, access_log=False, timeout_keep_alive=rest
    )
    config.load()
    server = Uvicorn(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield
    finally:
        await server.stop()
