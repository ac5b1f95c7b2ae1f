"""A server: `loyalty serve` in a process of its own, on a real socket, as it runs in a shop."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from loyalty_app.db.engine import open_database
from loyalty_app.settings import Settings
from testkit.clocks import Clock
from testkit.console import A_KEY, PACKAGE
from testkit.warm_process import Order, Process, started
from tests.api.till import Api, witness_of

WORDS = ("serve", "--port", "0")
PATIENCE_SECONDS = 30


class Server:
    """A process that serves a database at a port of this machine."""

    def __init__(self, process: Process, port: int) -> None:
        self.process, self.port = process, port

    async def ended(self) -> str:
        """Wait until the process has ended; gives what it wrote to the terminal."""
        _, said = await asyncio.to_thread(self.process.communicate, timeout=PATIENCE_SECONDS)
        return said

    async def hear(self, data: bytes) -> bytes:
        """Write to a new connection, and read until the server closes it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        answer = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
        writer.close()
        return answer


@asynccontextmanager
async def started_server(settings: Settings, ulimit: int | None = None) -> AsyncIterator[Server]:
    """Start a server that may open `ulimit` files; it is killed afterwards if it has not ended by then."""
    own = {"LOYALTY_DATABASE_URL": settings.database_url, "LOYALTY_SECRET_KEY": A_KEY}
    order = Order(PACKAGE, WORDS, os.getcwd(), {**os.environ, **own})  # noqa: PTH109
    with limited(order, ulimit) if ulimit else started(order) as process:
        assert process.stderr is not None
        try:
            line = await asyncio.wait_for(asyncio.to_thread(process.stderr.readline), PATIENCE_SECONDS)
            port = re.search(r"127\.0\.0\.1:(\d+)/v1", line)
            assert port, line
            yield Server(process, int(port[1]))
        finally:
            process.kill()


def limited(order: Order, ulimit: int) -> Process:
    """A process of its own limits, which is a new Python."""
    return subprocess.Popen(
        ["prlimit", f"--nofile={ulimit}:{ulimit}", sys.executable, "-m", order.module, *order.words],
        env=order.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@asynccontextmanager
async def open_remote_api(settings: Settings, ulimit: int | None = None) -> AsyncIterator[tuple[Api, Server]]:
    """Start a server on a database, and ask it over real connections."""
    async with started_server(settings, ulimit) as server:
        database = open_database(settings)
        limits, url = httpx.Limits(max_connections=64), f"http://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=PATIENCE_SECONDS) as client:
            yield Api(client, database, Clock(), await witness_of(client)), server
        await database.close()
