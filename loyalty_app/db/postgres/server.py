"""The PostgreSQL server of a process: which host answers, how a connection is made, and which ones can be trusted.

Hosts are tried in the order of the URL, first the one that answered last. A host that is silent, away, starting or not
to be written to is left for the next. When a connection falls silent, all older ones are replaced before they are used
again: they lead to the same machine. Why: each of them would have to run into its own time-out.

A pooler in transaction mode (PgBouncer) gives each transaction another session of the server. It is recognised: the
session has another process than the one that the connection was promised. Then no statement is prepared under a name,
nothing is asked outside a transaction, and limits are set in each of them. How a URL is read is in `parameters`.
"""

import os
import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from loyalty_app.db.postgres.parameters import TLS_FILES, VARIABLE, ConnectionParameters, Host, Keepalive
from loyalty_app.settings import SettingsError

GRACE_SECONDS = 1.0
"""How much longer than the server this process waits for the end of a statement: the server's own word is better."""
KEPT_STATEMENTS = 100
SYSTEM = "system"
"""The value of sslrootcert that stands for the certificates of this machine."""
FIRST_TYPE_MADE = 10_000
"""Types with smaller numbers are PostgreSQL's own and the same on every server: its source, access/transam.h."""
SUSPECT_AGAIN_SECONDS = 1.0
"""A server without writes fails each of them; its connections are not replaced more often than this."""


class ServerAway(OSError):
    """No host of the URL answers, or none can be written to; the text says what each of them did."""


class Limits(msgspec.Struct, frozen=True):
    """How many connections a process opens, and how long it waits: to connect, for a lock, for a statement.

    0 seconds for locks and statements is no limit: for commands and upkeep, which may take long.
    """

    pool_size: int = 20
    connect_seconds: float = 2.0
    lock_seconds: float = 2.0
    statement_seconds: float = 5.0

    @property
    def unhurried(self) -> "Limits":
        """The same without an end for locks and statements."""
        return msgspec.structs.replace(self, lock_seconds=0.0, statement_seconds=0.0)

    @property
    def for_the_server(self) -> dict[str, str]:
        """Its settings for these limits."""
        waits = {"lock_timeout": self.lock_seconds, "statement_timeout": self.statement_seconds}
        return {name: f"{seconds * 1000:.0f}ms" for name, seconds in waits.items() if seconds}

    @property
    def for_a_transaction(self) -> str | None:
        """The statement that sets them for one transaction; None if there are none."""
        parts = [f"set_config('{name}', '{value}', true)" for name, value in self.for_the_server.items()]
        return f"SELECT {', '.join(parts)}" if parts else None


class PostgresServer:
    """Connects, and remembers which host answered and since when connections can be trusted."""

    def __init__(self, parameters: ConnectionParameters, limits: Limits) -> None:
        """Raises SettingsError if a file for TLS is missing."""
        _check_files(parameters)
        self.parameters, self.limits = parameters, limits
        self.pooled = parameters.pooled
        """Whether a pooler stands between; None as long as that is not known."""
        self._answered: Host | None = None
        self._suspected_at = 0.0

    async def is_pooled(self) -> bool:
        """Whether a pooler stands between; the first call looks. Raises ServerAway."""
        if self.pooled is None:
            from asyncpg import PostgresError  # noqa: PLC0415  # see below

            try:
                self.pooled = await self._looks_pooled()
            except PostgresError:  # connecting for good will say so
                return False
        return self.pooled

    async def _looks_pooled(self) -> bool:
        connection = await self.connect()
        try:
            async with connection.transaction():
                found = await connection.fetchval("SELECT pg_backend_pid()")
            return bool(found != connection.get_server_pid())
        finally:
            await connection.close()

    @property
    def limits_of_a_transaction(self) -> str | None:
        """What to say first in each transaction; None where sessions have their limits, or there are none."""
        return self.limits.for_a_transaction if self.pooled else None

    async def connect(self) -> Any:  # noqa: ANN401  # asyncpg ships no types
        """A new connection to the first host that answers. Raises ServerAway, SettingsError and PostgresError."""
        from asyncpg import exceptions  # noqa: PLC0415  # a shop on SQLite has no use for it

        said = []
        for host in self._hosts():
            try:
                connection = await self._connect_to(host)
            except exceptions.ClientConfigurationError as error:
                raise SettingsError(f"{VARIABLE}: {error}.") from error
            except (
                OSError,
                UnicodeError,  # what can be no name of a host
                exceptions.CannotConnectNowError,
                exceptions.ConnectionDoesNotExistError,
            ) as error:
                said.append(f"{host}: {_reason(error)}")
            except exceptions.TargetServerAttributeNotMatched:
                said.append(f"{host}: it is a standby or takes no writes")
            else:
                self._answered = host
                return connection
        raise ServerAway("; ".join(said))

    def _hosts(self) -> list[Host]:
        return sorted(self.parameters.hosts, key=lambda host: host != self._answered)

    async def _connect_to(self, host: Host) -> Any:  # noqa: ANN401  # the same
        import asyncpg  # noqa: PLC0415  # see above

        asked, limits = self.parameters, self.limits
        own_session = self.pooled is False
        connection = await asyncpg.connect(
            asked.drivers_url,
            ssl=ssl.create_default_context() if asked.drivers.get("sslrootcert") == SYSTEM else None,
            host=host.name or None,
            port=host.port,
            user=asked.user,
            password=asked.password,
            database=asked.database,
            timeout=asked.connect_seconds or limits.connect_seconds,
            command_timeout=asked.command_seconds
            or (limits.statement_seconds + GRACE_SECONDS if limits.statement_seconds else None),
            target_session_attrs=asked.sessions,
            server_settings={**(limits.for_the_server if own_session else {}), **asked.settings},
            statement_cache_size=KEPT_STATEMENTS if own_session else 0,
            connection_class=_connection_class(),
        )
        keep_alive(connection, asked.keepalive)
        return connection

    def suspect(self) -> None:
        """Trust no connection that was made before now."""
        if time.monotonic() > self._suspected_at + SUSPECT_AGAIN_SECONDS:
            self._suspected_at = time.monotonic()

    def is_suspect(self, made_at: float) -> bool:
        """Whether a connection that was made at that moment may lead to a machine that is gone."""
        return made_at <= self._suspected_at


def _check_files(parameters: ConnectionParameters) -> None:
    for name in TLS_FILES:
        file = parameters.drivers.get(name)
        if file and file != SYSTEM and not Path(file).is_file():
            raise SettingsError(f"{VARIABLE}: {name} names {file}, and there is no such file.")


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")


Rows = Sequence[Any]
"""Rows about types, as asyncpg's own query answers them."""
_known_types: dict[int, Rows] = {}


class _NotAsked(NamedTuple):
    """Stands for a statement that was not needed; a name says that it displaced no other."""

    name: str = "not asked"


@cache
def _connection_class() -> Any:  # noqa: ANN401  # the same
    """Connections that have PostgreSQL's own types from those before them.

    Why: for its first arrays of numbers, of words and of rows each connection asked a query of its own, and that takes
    the server longer to plan than what is asked with them.
    """
    from asyncpg import Connection  # noqa: PLC0415  # see above

    class Informed(Connection):  # type: ignore[misc]  # asyncpg ships no types
        async def _introspect_types(self, typeoids: Iterable[int], timeout: float | None) -> tuple[Rows, Any]:  # noqa: ASYNC109  # asyncpg's
            asked = set(typeoids)
            if asked <= _known_types.keys():
                return [row for oid in asked for row in _known_types[oid]], _NotAsked()
            rows, statement = await super()._introspect_types(typeoids, timeout)
            _known_types.update({oid: _about(oid, rows) for oid in asked if oid < FIRST_TYPE_MADE})
            return rows, statement

    return Informed


def _about(oid: int, rows: Rows) -> Rows:
    """The rows of a type and of what it is an array of."""
    elements = {row["elemtype"] for row in rows if row["oid"] == oid}
    return [row for row in rows if row["oid"] in elements or row["oid"] == oid]


def keep_alive(connection: Any, keepalive: Keepalive) -> None:  # noqa: ANN401  # the same
    """Let the operating system notice that the other machine is gone, also while nothing is sent."""
    there = connection._transport.get_extra_info("socket")  # noqa: SLF001  # asyncpg offers no other way
    if not keepalive.on or there is None or there.family == socket.AF_UNIX:
        return
    options = {
        "TCP_KEEPIDLE": keepalive.idle,
        "TCP_KEEPINTVL": keepalive.interval,
        "TCP_KEEPCNT": keepalive.count,
        "TCP_USER_TIMEOUT": keepalive.unanswered,
    }
    with socket.socket(fileno=os.dup(there.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in options.items():
            if hasattr(socket, name):  # not every system has all of them
                same.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
