"""A server: `loyalty serve` in a process of its own, on a real socket, as it runs in a shop."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from loyalty_app.db.engine import open_database
from loyalty_app.settings import Settings
from testkit.clocks import Clock
from testkit.console import A_KEY
from tests.api.till import Api, witness_of

COMMAND = ("-m", "loyalty_cli", "serve", "--port", "0")
PATIENCE_SECONDS = 30


class Server:
    """A process that serves a database at a port of this machine."""

    def __init__(self, process: Process, port: int) -> None:
        self.process, self.port = process, port

    async def ended(self) -> str:
        """Wait until the process has ended; gives what it wrote to the terminal."""
        _, said = await asyncio.wait_for(self.process.communicate(), PATIENCE_SECONDS)
        return said.decode()

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
    environment = {**os.environ, "LOYALTY_DATABASE_URL": settings.database_url, "LOYALTY_SECRET_KEY": A_KEY}
    limited = ("prlimit", f"--nofile={ulimit}:{ulimit}") if ulimit else ()
    command = (*limited, sys.executable, *COMMAND)
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=PIPE)
    assert process.stderr is not None
    try:
        line = (await asyncio.wait_for(process.stderr.readline(), PATIENCE_SECONDS)).decode()
        port = re.search(r"127\.0\.0\.1:(\d+)/v1", line)
        assert port, line
        yield Server(process, int(port[1]))
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def open_remote_api(settings: Settings, ulimit: int | None = None) -> AsyncIterator[tuple[Api, Server]]:
    """Start a server on a database, and ask it over real connections."""
    async with started_server(settings, ulimit) as server:
        database = open_database(settings)
        limits, url = httpx.Limits(max_connections=64), f"http://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=PATIENCE_SECONDS) as client:
            yield Api(client, database, Clock(), await witness_of(client)), server
        await database.close()
