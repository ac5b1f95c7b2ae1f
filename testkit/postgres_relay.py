"""A relay before a PostgreSQL server: carries bytes over TCP, and can fall silent as a host does whose cable is pulled.

A silent relay takes new connections, acknowledges every byte and passes none on: only a time-out notices.
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import URL, make_url

CHUNK = 65_536


class PostgresRelay:
    """Listens on a port of this machine, swallows what it gets while `silent`, and hangs up while `stopped`."""

    def __init__(self, server: URL) -> None:
        self._server = server
        self.silent = False
        self._stopped = False
        self.port = 0
        self._writers: set[StreamWriter] = set()

    @property
    def stopped(self) -> bool:
        """Whether all connections are cut at once."""
        return self._stopped

    @stopped.setter
    def stopped(self, stopped: bool) -> None:
        self._stopped = stopped
        if stopped:
            self.close()

    async def carry(self, from_app: StreamReader, to_app: StreamWriter) -> None:
        """Carry one connection until either end closes it."""
        if self._stopped:
            to_app.close()
            return
        host, port = self._server.query.get("host") or self._server.host, self._server.port or 5432
        opened = (
            asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
            if str(host).startswith("/")
            else asyncio.open_connection(str(host), port)
        )
        from_server, to_server = await opened
        self._writers |= {to_app, to_server}
        with suppress(ConnectionError, asyncio.CancelledError):  # it ends with its test
            await asyncio.gather(self._pump(from_app, to_server), self._pump(from_server, to_app))

    async def _pump(self, source: StreamReader, target: StreamWriter) -> None:
        while piece := await source.read(CHUNK):
            if not self.silent:
                target.write(piece)
        target.close()

    def close(self) -> None:
        """Cut all connections."""
        for writer in self._writers:
            writer.close()

    def url(self, *others: "PostgresRelay") -> str:
        """The URL of the server through this relay, or the first of several that answers."""
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in (self, *others))
        account = f"{self._server.username}:{self._server.password or ''}"
        return f"postgresql://{account}@{hosts}/{self._server.database}"


@asynccontextmanager
async def open_relay(url: str) -> AsyncIterator[PostgresRelay]:
    """A relay to the server at `url`."""
    relay = PostgresRelay(make_url(url))
    listening = await asyncio.start_server(relay.carry, "127.0.0.1", 0)
    relay.port = listening.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        listening.close()
        relay.close()
