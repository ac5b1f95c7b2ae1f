"""A wire: carries bytes between the API and a real server, and can be cut, go dead and be repaired."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self
from urllib.parse import urlsplit


class TcpWire:
    """Listens on a port of its own and passes bytes on, both ways."""

    def __init__(self, url: str) -> None:
        self._far = urlsplit(url)
        self._port = 0
        self._dead = False
        self._cuts = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """The URL by which the server is reached through the wire."""
        return self._far._replace(netloc=f"127.0.0.1:{self._port}").geturl()

    async def repair(self) -> Self:
        """Carry bytes, from now on or again."""
        self._dead = False
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def cut(self) -> None:
        """Break all connections, also those just being made, and take no new ones."""
        self._cuts += 1
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    def go_dead(self) -> None:
        """Keep connections and take new ones, but swallow every byte."""
        self._dead = True

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cuts = self._cuts
        far_reader, far_writer = await asyncio.open_connection(self._far.hostname, self._far.port)
        if self._cuts != cuts:
            writer.close()
            far_writer.close()
            return
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(65_536):
                if not self._dead:
                    writer.write(piece)
        writer.close()


@asynccontextmanager
async def wired(url: str) -> AsyncIterator[TcpWire]:
    """A wire to a server, cut at the end."""
    wire = await TcpWire(url).repair()
    try:
        yield wire
    finally:
        await wire.cut()
