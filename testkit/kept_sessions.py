"""Sessions of PostgreSQL that stay open from one test to the next. It knows nothing of our own tables and statements.

A new session costs the server a process that has to learn of every table first, and both sides each statement that is
prepared again. So a connection that the product closes is kept, and its next one to the same database with the same
settings goes over it. Like a connection of a pool, it comes without locks, settings and notices of the one before.

Each test has an event loop of its own. What is kept is the socket; `_taken_up` gives it to the loop that wants it.

New are all connections that a test makes itself, those to other databases or over another way, and those of a test
that asks for `own_sessions`, because it counts or ends them.
"""

import asyncio
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any, NamedTuple

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement
from asyncpg.protocol import Protocol

MOST = 12
"""So many are kept, those that were used last: a server has 200 for all test processes."""
MOST_KNOWN = 400
"""A session that has prepared more statements is not kept: the server has a plan of each in memory."""
PATIENCE_SECONDS = 5
TOLD = (
    *("application_name", "client_encoding", "DateStyle", "default_transaction_read_only", "in_hot_standby"),
    *("integer_datetimes", "IntervalStyle", "is_superuser", "server_encoding", "server_version"),
    *("session_authorization", "standard_conforming_strings", "TimeZone"),
)
"""What a server tells each new session of itself."""

Kind = str
"""What a connection is asked for with: another kind is another session."""


class Place(NamedTuple):
    """A database, and the way to it."""

    host: str
    port: int
    database: str


class Session(NamedTuple):
    """An idle session: its socket, what the server told it, how it was asked for, and the statements that it knows."""

    socket: socket.socket
    greeting: bytes
    asked: tuple[Any, ...]
    connection_class: type
    known: dict[str, Any]
    cached: dict[Any, Any]
    """The same that asyncpg itself keeps."""

    @property
    def silent(self) -> bool:
        """Whether the server is there and says nothing."""
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except OSError as error:
            return isinstance(error, BlockingIOError)
        return False


class Keeper:
    """Opens connections, and keeps the sessions of those to one place."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._keeping, self._lock = True, Lock()
        self._idle: list[tuple[Kind, Session]] = []
        self._new = asyncpg.connect

    async def connect(self, *words: str, **how: Any) -> Any:  # noqa: ANN401  # asyncpg ships no types
        """A connection over a session that was kept, or a new one; as `asyncpg.connect`."""
        if not self._may_keep(how):
            return await self._new(*words, **how)
        kind = repr((words, sorted(how.items(), key=str)))
        while found := self._latest(kind):
            if found.silent:
                return await _taken_up(found, self, kind)
            found.socket.close()
        made = await self._new(*words, **{**how, "connection_class": _kept(how["connection_class"])})
        made.keeper, made.kind, made.known = self, kind, {}
        return made

    def _latest(self, kind: Kind) -> Session | None:
        with self._lock:  # a thread may migrate meanwhile
            places = [place for place, (one, _) in enumerate(self._idle) if one == kind]
            return self._idle.pop(places[-1])[1] if places else None

    def _may_keep(self, how: dict[str, Any]) -> bool:
        place = how.get("host"), how.get("port"), how.get("database")
        return self._keeping and place == self.place and how.get("statement_cache_size", 0) > 0

    def keeps(self, known: dict[str, Any]) -> bool:
        """Whether a session is to be kept, which knows those statements."""
        return self._keeping and len(known) < MOST_KNOWN

    def keep(self, kind: Kind, session: Session) -> None:
        """Keep an idle session, and end the one that is idle for longest if there are too many."""
        with self._lock:
            self._idle.append((kind, session))
            ended = self._idle.pop(0) if len(self._idle) > MOST else None
        if ended is not None:
            ended[1].socket.close()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """End all that are kept, and keep none meanwhile."""
        self.end()
        self._keeping = False
        try:
            yield
        finally:
            self._keeping = True

    def end(self) -> None:
        """End all that are kept."""
        with self._lock:
            while self._idle:
                self._idle.pop()[1].socket.close()


@contextmanager
def kept_sessions(place: Place) -> Iterator[Keeper]:
    """Let sessions of the product at a place be kept."""
    keeper = Keeper(place)
    before, asyncpg.connect = asyncpg.connect, keeper.connect
    yield keeper
    asyncpg.connect = before
    keeper.end()


@cache
def _kept(connection_class: type) -> Any:  # noqa: ANN401  # the same
    """The same connections, which know what their session has prepared, and leave it to the next when they close."""

    class Kept(connection_class):  # type: ignore[misc]  # asyncpg ships no types
        __slots__ = ("keeper", "kind", "known")

        async def _prepare(self, query: str, **how: Any) -> PreparedStatement:  # noqa: ANN401  # the same
            state = self.known.get(query)
            if state is None or state.closed:
                made = await super()._prepare(query, **how)
                self.known[query] = made._state  # noqa: SLF001  # asyncpg offers no other way
                made._state.attach()  # noqa: SLF001  # the same
                return made
            return PreparedStatement(self, query, state)

        async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109  # asyncpg's
            try:
                if self.keeper.keeps(self.known) and await _is_clean(self):
                    await _leave(self)
            except asyncio.CancelledError:
                self.terminate()
                raise
            await super().close(timeout=timeout)

    return Kept


async def _is_clean(connection: Any) -> bool:  # noqa: ANN401  # the same
    """Whether a connection can be used again; it has forgotten what was set in it."""
    if connection.is_closed() or connection._protocol.is_in_transaction():  # noqa: SLF001  # the same
        return False
    try:
        await connection.execute(connection.get_reset_query(), timeout=PATIENCE_SECONDS)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    return True


async def _leave(connection: Any) -> None:  # noqa: ANN401  # the same
    """Keep the session of a connection, which is closed by that."""
    transport, protocol = connection._transport, connection._protocol  # noqa: SLF001  # the same
    held = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))
    held.settimeout(0)
    asked = connection._addr, connection._config, connection._params  # noqa: SLF001  # the same
    known = connection.known, _taken_out(connection._stmt_cache)  # noqa: SLF001  # the same
    transport.abort()  # without a word of farewell to the server
    connection.keeper.keep(connection.kind, Session(held, _greeting(protocol), asked, type(connection), *known))
    await asyncio.sleep(0)


def _taken_out(cache: Any) -> dict[Any, Any]:  # noqa: ANN401  # the same
    """The statements of a cache, which holds none any more, so that they stay open when its connection closes."""
    entries = dict(cache._entries)  # noqa: SLF001  # the same
    cache._entries.clear()  # noqa: SLF001  # the same
    for entry in entries.values():
        cache._clear_entry_callback(entry)  # noqa: SLF001  # the same
    return {key: entry._statement for key, entry in entries.items()}  # noqa: SLF001  # the same


def _greeting(protocol: Any) -> bytes:  # noqa: ANN401  # the same
    """What a server says when it has let somebody in: PostgreSQL's documentation, "Message Formats"."""
    settings = protocol.get_settings()
    told = [(name, getattr(settings, name, None)) for name in TOLD]
    return b"".join(
        [
            _message(b"R", struct.pack("!i", 0)),
            *(_message(b"S", f"{name}\0{value}\0".encode()) for name, value in told if value is not None),
            _message(b"K", struct.pack("!ii", protocol.backend_pid, protocol.backend_secret)),
            _message(b"Z", b"I"),
        ]
    )


def _message(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("!i", len(content) + 4) + content


async def _taken_up(session: Session, keeper: Keeper, kind: Kind) -> Any:  # noqa: ANN401  # the same
    """A new connection over an idle session: both sides are past the greeting."""
    loop, (address, config, params) = asyncio.get_running_loop(), session.asked
    greeted = loop.create_future()
    opened, _ = await _over(session.socket)
    transport: Any = opened
    protocol = Protocol(address, greeted, params, asyncpg.Record, loop)
    transport.write = lambda _: None  # nobody is there to be greeted
    protocol.connection_made(transport)
    del transport.write
    transport.set_protocol(protocol)
    protocol.data_received(session.greeting)
    await greeted
    made: Any = session.connection_class(protocol, transport, loop, address, config, params)
    protocol.set_connection(made)
    made.keeper, made.kind, made.known = keeper, kind, session.known
    for key, statement in session.cached.items():
        made._stmt_cache.put(key, statement)  # noqa: SLF001  # the same
    return made


async def _over(held: socket.socket) -> tuple[asyncio.Transport, asyncio.Protocol]:
    loop = asyncio.get_running_loop()
    if held.family == socket.AF_UNIX:
        return await loop.create_unix_connection(asyncio.Protocol, sock=held)
    return await loop.create_connection(asyncio.Protocol, sock=held)
