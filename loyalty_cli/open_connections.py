"""The open connections of a process: how many there may be, and the clock that ends those which are late.

Each connection costs an open file, and the operating system gives a process only so many. The database, webhooks and
backups need some, so connections leave a reserve. Above their number the one that has waited longest without a request
under way is closed: a client that sends half requests harms itself. What one connection may do is in `http_connection`.
"""

import asyncio
from contextlib import suppress
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from loyalty_cli.connection_limits import ConnectionLimits
from loyalty_cli.http_connection import HttpConnection
from loyalty_core.errors import Busy

MOST_FILES = 65_536
"""As many as are asked for; some systems allow a thousand million, and some programs then go through all of them."""
MOST_CONNECTIONS = 8_192
KEEP_ALIVE_SECONDS = 130
"""How long a connection may be idle: longer than pools keep theirs, as those of nginx (60), Go (90) and Caddy (120)."""
LEAST_RESERVE = 64
"""Files that are never spent on connections, or a quarter of all, if that is more."""


def raise_file_limit() -> None:
    """Let this process open as many files as the system allows it. Raises nothing."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # Windows has none

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections() -> int:
    """How many connections leave enough files for everything else."""
    with suppress(ImportError):
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY:
            return max(1, min(MOST_CONNECTIONS, soft - max(LEAST_RESERVE, soft // 4)))
    return MOST_CONNECTIONS


class OpenConnections:
    """Makes the connections of a process and looks after them; given to uvicorn as its protocol.

    uvicorn.Config(app, http=OpenConnections(), timeout_keep_alive=KEEP_ALIVE_SECONDS)
    """

    def __init__(self, limits: ConnectionLimits | None = None, most: int | None = None) -> None:
        """`most` connections are open at a time; without it as many as the limit of open files allows."""
        self.limits, self._most = limits or ConnectionLimits(), most
        self._stalled: dict[HttpConnection, float] = {}
        self._sweeping = False

    def __call__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> HttpConnection:
        """Make the protocol of one connection."""
        return HttpConnection(config, server_state, app_state, _loop, keeper=self)

    def opened(self, connection: HttpConnection) -> None:
        """Look after a connection from now on; make room for it first if there is none."""
        if self._most is None:
            self._most = most_connections()
        if len(connection.connections) > self._most:
            self._make_room(connection)
        if not self._sweeping:
            self._sweeping = True
            connection.loop.call_later(self.limits.sweep_seconds, self._sweep, connection.loop, connection.connections)

    @property
    def stalled(self) -> int:
        """How many clients do not read their answers at present."""
        return len(self._stalled)

    @staticmethod
    def _make_room(newcomer: HttpConnection) -> None:
        """Close the idle connection that is late next, those at rest at last. If there is none, refuse the new one."""
        others = [one for one in _ours(newcomer.connections) if one.idle and one is not newcomer]
        if others:
            min(others, key=lambda one: (one.at_rest, one.deadline)).give_way()
        else:
            newcomer.refuse(Busy())

    def _sweep(self, loop: asyncio.AbstractEventLoop, connections: set[Any]) -> None:
        """End what is late. The clock stands still while there are no connections."""
        now = loop.time()
        open_ones = list(_ours(connections))
        for connection in open_ones:
            if connection.deadline < now:
                connection.time_out(now)
        self._abort_stalled(open_ones, now)
        self._sweeping = bool(connections)
        if self._sweeping:
            loop.call_later(self.limits.sweep_seconds, self._sweep, loop, connections)

    def _abort_stalled(self, open_ones: list[HttpConnection], now: float) -> None:
        """End those who do not read what they asked for."""
        self._stalled = {one: self._stalled.get(one, now) for one in open_ones if one.stalled}
        for connection, since in self._stalled.items():
            if now - since > self.limits.stalled_seconds:
                connection.transport.abort()


def _ours(connections: set[Any]) -> list[HttpConnection]:
    return [one for one in connections if isinstance(one, HttpConnection)]
