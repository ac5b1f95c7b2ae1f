"""A wire to PostgreSQL that can be cut at the worst moment: while a COMMIT is on its way, or its answer."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, auto
from pathlib import Path

from sqlalchemy import URL, make_url

CHUNK = 65_536
COMMIT = b"COMMIT\0"


class Cut(Enum):
    """Where the wire breaks: the server never gets the next COMMIT, or has done it but cannot answer."""

    BEFORE_COMMIT = auto()
    AFTER_COMMIT = auto()


class PostgresWire:
    """Carries bytes between an application and its server; breaks once, as told, or stays down."""

    def __init__(self, server: URL) -> None:
        self._server = server
        self._cut: Cut | None = None
        self._dead_dials = self._dead_dials_after_the_cut = 0.0
        self.broken = asyncio.Event()
        """Set once it has broken."""
        self.ends = asyncio.Event()
        """Set if the application learns at once that a connection has ended, as it mostly does."""
        self.ends.set()

    def cut(self, where: Cut, *, dead_dials: float = 0) -> None:
        """Break at the next COMMIT; the next `dead_dials` connections then fail."""
        self._cut, self._dead_dials_after_the_cut = where, dead_dials

    @property
    def whole(self) -> bool:
        """Whether the wire carries everything, and no cut is ordered."""
        return self._cut is None and not self._dead_dials

    def repair(self) -> None:
        self._dead_dials = 0

    async def carry(self, from_app: StreamReader, to_app: StreamWriter) -> None:
        """Carry one connection until it ends or is cut."""
        if self._dead_dials:
            self._dead_dials -= 1
        else:
            from_server, to_server = await self._dial()
            cut = asyncio.Event()
            await asyncio.gather(
                self._questions(from_app, to_server, cut), self._answers(from_server, to_app, to_server, cut)
            )
        to_app.close()

    async def _dial(self) -> tuple[StreamReader, StreamWriter]:
        host, port = self._server.query.get("host") or self._server.host, self._server.port or 5432
        if str(host).startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(str(host), port)

    async def _questions(self, from_app: StreamReader, to_server: StreamWriter, cut: asyncio.Event) -> None:
        while question := await from_app.read(CHUNK):
            if self._cut is not None and COMMIT in question:
                cut.set()
                here, self._cut, self._dead_dials = self._cut, None, self._dead_dials_after_the_cut
                if here is Cut.BEFORE_COMMIT:
                    break
            to_server.write(question)
        to_server.close()

    async def _answers(
        self, from_server: StreamReader, to_app: StreamWriter, to_server: StreamWriter, cut: asyncio.Event
    ) -> None:
        while answer := await from_server.read(CHUNK):
            if cut.is_set():
                self.broken.set()
                break
            to_app.write(answer)
        await self.ends.wait()
        to_app.close()
        to_server.close()


@asynccontextmanager
async def open_wire(url: str, folder: Path) -> AsyncIterator[tuple[PostgresWire, str]]:
    """A wire to the server at `url`, and the URL by which an application reaches that server through it."""
    server = make_url(url)
    wire = PostgresWire(server)
    listening = await asyncio.start_unix_server(wire.carry, folder / ".s.PGSQL.5432")
    through = server.set(host=None, port=None).update_query_dict({"host": str(folder)})
    try:
        yield wire, through.render_as_string(hide_password=False)
    finally:
        listening.close()
