"""Whole answers: the answer to a stamp goes out in one piece, and nothing else about it is different."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from loyalty_cli.http_connection import HttpConnection
from loyalty_cli.open_connections import OpenConnections
from loyalty_cli.whole_answers import send_whole
from testkit.http_server import free_port, served
from tests.api.test_connections import Line, line_to
from tests.api.test_server import request_of
from tests.api.till import Till

PATIENCE_SECONDS = 20
LENGTH = (b"content-length", b"4")
PIECES: list[bytes] = []
"""What the connections below wrote."""


class Recorded:
    """A transport whose pieces are noted."""

    def __init__(self, transport: Any) -> None:  # noqa: ANN401  # whatever the event loop makes
        self._transport = transport

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # all that it has
        return getattr(self._transport, name)

    def write(self, piece: bytes) -> None:
        PIECES.append(piece)
        self._transport.write(piece)


class RecordedConnection(HttpConnection):
    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  # the same
        super().connection_made(transport)
        self.transport = Recorded(transport)  # type: ignore[assignment]  # it passes everything on


class RecordedConnections(OpenConnections):
    def __call__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> HttpConnection:
        return RecordedConnection(config, server_state, app_state, _loop, keeper=self)


async def answer_of(line: Line, request: bytes) -> bytes:
    """The answer to a request whose connection stays open."""
    reader, writer = await line.open()
    writer.write(request)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_SECONDS)
    length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
    body = await asyncio.wait_for(reader.readexactly(length), PATIENCE_SECONDS)
    writer.close()
    return head + body


async def test_the_answer_to_a_stamp_is_written_in_one_piece(till: Till) -> None:
    lena = await till.join()
    async with free_port() as listener, served(till.api.app, listener, RecordedConnections()):
        PIECES.clear()
        line = Line(listener.getsockname()[1])
        answer = await answer_of(line, request_of(till, f"/customers/{lena['id']}/stamps", b"{}"))
    assert [answer] == PIECES


async def test_an_answer_in_one_piece_has_the_headers_of_every_other(till: Till) -> None:
    lena = await till.join()
    path = f"/customers/{lena['id']}/stamps"
    async with line_to(till.api) as line:
        whole = await answer_of(line, request_of(till, path, b"{}", "X-Request-Id: till-7"))
        last = await line.hear(request_of(till, path, b"{}", "X-Request-Id: till-7", "Connection: close"))
    told = [head_of(answer) for answer in (whole, last)]
    assert told[0] == [line for line in told[1] if line[0] != "connection"]
    assert told[0][0] == ("HTTP/1.1 200 OK", "")


def head_of(answer: bytes) -> list[tuple[str, str]]:
    """The lines of a head, except for values that differ from answer to answer."""
    lines = (line.partition(": ") for line in answer.partition(b"\r\n\r\n")[0].decode().split("\r\n"))
    return [
        (name, "" if name in {"date", "x-ratelimit-remaining", "content-length"} else value) for name, _, value in lines
    ]


class Noted(asyncio.Transport):
    """A transport that only notes what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def write(self, data: Any) -> None:  # noqa: ANN401  # bytes of any kind
        self.pieces.append(bytes(data))


def cycle_on(transport: Noted, **more: bool) -> RequestResponseCycle:
    logger: Any = None  # it is not asked
    cycle = RequestResponseCycle(
        scope={"type": "http", "method": "POST"},  # type: ignore[typeddict-item]  # all that counts here
        transport=transport,
        flow=FlowControl(transport),
        logger=logger,
        access_logger=logger,
        access_log=False,
        default_headers=[(b"date", b"today")],
        message_event=asyncio.Event(),
        expect_100_continue=more.pop("waiting", False),
        keep_alive=more.pop("keep_alive", True),
        on_response=lambda: transport.pieces.append(b"the next"),
    )
    for name, value in more.items():
        setattr(cycle, name, value)
    return cycle


def sent(transport: Noted, cycle: RequestResponseCycle, headers: Iterable[tuple[bytes, bytes]] = (LENGTH,)) -> bool:
    return send_whole(cycle, 200, headers, b"body") and transport.pieces != []


def test_what_is_sent_whole_is_one_answer_and_then_comes_the_next() -> None:
    transport = Noted()
    cycle = cycle_on(transport)
    assert sent(transport, cycle)
    assert transport.pieces == [b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 4\r\n\r\nbody", b"the next"]
    assert (cycle.response_started, cycle.response_complete, cycle.message_event.is_set()) == (True, True, True)


@pytest.mark.parametrize(
    "standing",
    [{"keep_alive": False}, {"waiting": True}, {"disconnected": True}, {"response_started": True}],
    ids=lambda standing: next(iter(standing)),
)
def test_an_answer_that_is_not_plain_is_left_to_uvicorn(standing: dict[str, bool]) -> None:
    transport = Noted()
    assert not sent(transport, cycle_on(transport, **standing))
    assert transport.pieces == []


def test_a_client_that_reads_slowly_is_left_to_uvicorn() -> None:
    transport = Noted()
    cycle = cycle_on(transport)
    cycle.flow.pause_writing()
    assert not sent(transport, cycle)
    assert transport.pieces == []


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: b", b"a\nb", b"a\rb"])
def test_no_header_makes_another_one(value: bytes) -> None:
    transport = Noted()
    assert not sent(transport, cycle_on(transport), [LENGTH, (b"x-request-id", value)])
    assert transport.pieces == []
