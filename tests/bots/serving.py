"""Serving: an application on a real port of this machine, in the loop of a test."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from testkit.people import Uvicorn


@asynccontextmanager
async def free_port() -> AsyncIterator[socket.socket]:
    """A socket on a free port, before anybody listens there."""
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener


@asynccontextmanager
async def served(app: Any, listener: socket.socket) -> AsyncIterator[None]:  # noqa: ANN401  # any ASGI application
    """Serve an application there; its lifespan is somebody else's business."""
    config = uvicorn.Config(app, lifespan="off", http="httptools", ws="none", log_config=None, access_log=False)
    config.load()
    server = Uvicorn(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield
    finally:
        await server.stop()
