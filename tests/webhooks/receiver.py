"""A real receiver of webhooks on this machine, which behaves as well or as badly as it is told to.

    async with receiving("500", "ok") as receiver:  # the first answer, the second, …; the last one stays
        …                                            # deliver to receiver.url
        await receiver.gets(2)                       # wait until two requests have come

`receiver.requests` holds what came, `receiver.connections` counts who ever connected (with TLS: and shook hands); after
a refusal it must be 0.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

HOST = "127.0.0.1"
PATIENCE_SECONDS = 30
DRIP_EVERY_SECONDS = 0.01
HUGE = 64 * 1024 * 1024
PIECE = b"x" * 65_536


class Request(NamedTuple):
    """What came: header names in small letters, the body's very bytes, and on which connection (the first is 1)."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


class Line(NamedTuple):
    """The two ends of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, start: str, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        """Answer; the body's length is told truly unless the headers tell another."""
        told = {"Content-Length": str(len(body))} | (headers or {})
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self.writer.write(f"HTTP/1.1 {start}\r\n{head}\r\n".encode() + body)
        await self.writer.drain()

    async def until_they_leave(self) -> None:
        """Say nothing more until the sender closes."""
        while await self.reader.read(65_536):
            pass


class Receiver:
    """Listens, notes, and answers in the modes it was given: names of the table below, or a status as "503"."""

    def __init__(self, *modes: str) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.port = 0
        self.scheme = "http"
        self.location = ""
        self.retry_after = "120"
        self.bytes_out = 0
        self.allowed = asyncio.Event()
        self._came = asyncio.Condition()
        self._lines: dict[Line, asyncio.Task[None] | None] = {}
        self.will(*modes)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://{HOST}:{self.port}/hook"

    def will(self, *modes: str) -> None:
        """From now on answer in these modes, one after the other; the last one stays. None means "ok"."""
        self._modes = deque(modes or ("ok",))

    async def gets(self, count: int) -> list[Request]:
        """Wait until so many requests have come, and give all."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._came:
            await self._came.wait_for(lambda: len(self.requests) >= count)
        return self.requests

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection for as long as both sides want it."""
        self.connections += 1
        line = Line(reader, writer)
        self._lines[line] = asyncio.current_task()
        with suppress(ConnectionError, asyncio.IncompleteReadError):  # the sender may leave when it likes
            await self._converse(line, self.connections)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        del self._lines[line]

    async def _converse(self, line: Line, connection: int) -> None:
        while not line.reader.at_eof():
            request = await _read_request(line.reader, connection)
            async with self._came:
                self.requests.append(request)
                self._came.notify_all()
            mode = self._modes.popleft() if len(self._modes) > 1 else self._modes[0]
            await MODES.get(mode, _says(mode))(self, line)
            if mode in LAST_WORDS:
                return

    async def close(self) -> None:
        """Let go of those who are still connected."""
        self.allowed.set()
        for line in self._lines:
            line.writer.transport.abort()
        await asyncio.gather(*filter(None, self._lines.values()))


Mode = Callable[[Receiver, Line], Awaitable[None]]


def _says(status: str) -> Mode:
    async def answer(_: Receiver, line: Line) -> None:
        await line.say(f"{status} Said", body=b"" if status in WORDLESS else f"said {status}".encode())

    return answer


async def _ok(_: Receiver, line: Line) -> None:
    await line.say("200 OK", body=b"thank you")


async def _wait(receiver: Receiver, line: Line) -> None:
    """Answer once the test allows it."""
    await receiver.allowed.wait()
    await _ok(receiver, line)


async def _echo(receiver: Receiver, line: Line) -> None:
    await line.say("200 OK", body=receiver.requests[-1].body)


async def _hang(_: Receiver, line: Line) -> None:
    await line.until_they_leave()


async def _drip(receiver: Receiver, line: Line) -> None:
    """Begin a long answer and go on a byte at a time, each well within any limit for a single read."""
    await line.say("200 OK", {"Content-Length": str(HUGE)})
    while not line.reader.at_eof():
        line.writer.write(b".")
        receiver.bytes_out += 1
        with suppress(TimeoutError):
            await asyncio.wait_for(line.reader.read(1), DRIP_EVERY_SECONDS)


async def _huge(receiver: Receiver, line: Line) -> None:
    await line.say("200 OK", {"Content-Length": str(HUGE)})
    for _ in range(HUGE // len(PIECE)):
        line.writer.write(PIECE)
        await line.writer.drain()
        receiver.bytes_out += len(PIECE)


async def _redirect(receiver: Receiver, line: Line) -> None:
    await line.say("307 Temporary Redirect", {"Location": receiver.location})


async def _overloaded(receiver: Receiver, line: Line) -> None:
    await line.say("429 Too Many Requests", {"Retry-After": receiver.retry_after})


async def _close(_: Receiver, line: Line) -> None:
    line.writer.close()


async def _break_off(_: Receiver, line: Line) -> None:
    await line.say("200 OK", {"Content-Length": "100"}, b"half of it")
    line.writer.close()


async def _reset(_: Receiver, line: Line) -> None:
    line.writer.transport.abort()


async def _babble(_: Receiver, line: Line) -> None:
    line.writer.write(b"I do not speak HTTP\r\n\r\n")
    await line.writer.drain()
    line.writer.close()


async def _zipped(_: Receiver, line: Line) -> None:
    await line.say("200 OK", {"Content-Encoding": "gzip"}, b"\x1f\x8b not really zipped")


async def _cookie(_: Receiver, line: Line) -> None:
    await line.say("200 OK", {"Set-Cookie": "visited=1"}, b"have a cookie")


MODES: dict[str, Mode] = {
    "ok": _ok,
    "wait": _wait,
    "echo": _echo,
    "429": _overloaded,
    "hang": _hang,
    "drip": _drip,
    "huge": _huge,
    "redirect": _redirect,
    "close": _close,
    "break off": _break_off,
    "reset": _reset,
    "babble": _babble,
    "zipped": _zipped,
    "cookie": _cookie,
}
WORDLESS = {"204", "304"}
LAST_WORDS = {"hang", "drip", "huge", "close", "break off", "reset", "babble"}


async def _read_request(reader: asyncio.StreamReader, connection: int) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    start, *lines = head.strip().split("\r\n")
    method, path, _ = start.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    assert len(headers) == len(lines), "a header came twice"
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body, connection)


@asynccontextmanager
async def receiving(*modes: str, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Listen on a free port of this machine until the block ends, with TLS if a context is given."""
    receiver = Receiver(*modes)
    server = await asyncio.start_server(receiver.serve, HOST, 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    receiver.scheme = "https" if tls else "http"
    try:
        yield receiver
    finally:
        server.close()
        await receiver.close()
        await server.wait_closed()
