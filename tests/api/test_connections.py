"""Connections: what a client may send and how long it may take, so that none does harm to the others."""

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import httpx
import msgspec
import pytest

from loyalty_app.settings import Settings
from loyalty_cli.applications import api_only
from loyalty_cli.connection_limits import ConnectionLimits
from loyalty_cli.open_connections import MOST_FILES, OpenConnections, most_connections, raise_file_limit
from loyalty_cli.server import SingleProcessServer
from testkit.concurrency import until
from testkit.http_server import free_port, served
from tests.api.server import open_remote_api
from tests.api.test_server import answers_in, request_of
from tests.api.till import Api, Till
from tests.api.witness import Json

KIB = 1_024
PATIENCE_SECONDS = 30
HASTY = ConnectionLimits(
    head_seconds=0.3,
    body_pause_seconds=0.3,
    body_seconds=0.6,
    linger_seconds=0.3,
    stalled_seconds=0.5,
    sweep_seconds=0.05,
)


class Line:
    """A connection to a server, to which anything can be written."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def hear(self, *pieces: bytes, pause: float = 0) -> bytes:
        """Write pieces to a new connection, and read until the server closes it."""
        reader, writer = await self.open()
        heard = asyncio.create_task(reader.read())
        for piece in pieces:
            if heard.done():
                break
            writer.write(piece)
            await asyncio.sleep(pause)
        answer = await asyncio.wait_for(heard, PATIENCE_SECONDS)
        writer.close()
        return answer

    async def refused(self, *pieces: bytes, pause: float = 0) -> tuple[int, str]:
        """The status and the code of the one answer to those pieces."""
        status, problem, _ = problem_in(await self.hear(*pieces, pause=pause))
        return status, problem["code"]


def problem_in(answer: bytes) -> tuple[int, Json, dict[str, str]]:
    """The status, the problem and the headers of one answer, of which nothing may be left over."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert int(headers["content-length"]) == len(body)
    problem: Json = msgspec.json.decode(body)
    assert problem["request_id"] == headers["x-request-id"]
    return int(first.split()[1]), problem, headers


@asynccontextmanager
async def line_to(
    api: Api, limits: ConnectionLimits = HASTY, most: int | None = None, rest: int = 5
) -> AsyncIterator[Line]:
    async with free_port() as listener, served(api.app, listener, OpenConnections(limits, most), rest):
        yield Line(listener.getsockname()[1])


@pytest.fixture
async def line(till: Till) -> AsyncIterator[Line]:
    """A server that soon loses its patience."""
    async with line_to(till.api) as line:
        yield line


def get_of(till: Till, path: str, *headers: str) -> bytes:
    lines = (f"GET {path} HTTP/1.1", "Host: shop", f"X-Api-Key: {till.key}", *headers)
    return "\r\n".join([*lines, "", ""]).encode()


LIVE = b"GET /health/live HTTP/1.1\r\nHost: shop\r\n"
CLOSE = b"Connection: close\r\n\r\n"


async def test_headers_above_32_kib_are_refused_at_once_however_they_come(line: Line) -> None:
    long = b"X-Long: " + b"x" * 33 * KIB
    many = b"".join(b"X-%d: %b\r\n" % (number, b"x" * KIB) for number in range(40))
    for headers in (long, long + b"\r\n\r\n", many, many + b"\r\n"):
        pieces = LIVE + headers
        assert await line.refused(pieces) == (431, "headers_too_large")
        cut = (pieces[start : start + 3_000] for start in range(0, len(pieces), 3_000))
        assert await line.refused(*cut) == (431, "headers_too_large")
    assert (await line.hear(LIVE + b"X-Long: " + b"x" * 31 * KIB + b"\r\n" + CLOSE)).startswith(b"HTTP/1.1 200 ")


async def test_a_request_may_have_a_hundred_headers(line: Line) -> None:
    assert (await line.hear(LIVE + b"A: b\r\n" * 98 + CLOSE)).startswith(b"HTTP/1.1 200 ")
    assert await line.refused(LIVE + b"A: b\r\n" * 99 + CLOSE) == (431, "headers_too_large")


async def test_an_address_above_8_kib_is_refused_complete_or_not(line: Line) -> None:
    long = b"GET /health/live?" + b"x" * 9 * KIB
    assert await line.refused(long + b" HTTP/1.1\r\nHost: shop\r\n\r\n") == (414, "uri_too_long")
    assert await line.refused(long, *[b"x" * KIB] * 4) == (414, "uri_too_long")


async def test_a_header_without_end_is_not_read_to_its_end(till: Till) -> None:
    """What is thrown away costs nothing: a parser that saw all of it would need minutes."""
    async with line_to(till.api, ConnectionLimits(linger_seconds=2, sweep_seconds=0.05)) as line:
        assert await line.refused(LIVE + b"X: ", *[b"x" * 256 * KIB] * 400) == (431, "headers_too_large")


async def test_a_refused_head_tells_a_known_key_its_limit_and_keeps_the_id_of_the_request(
    till: Till, line: Line
) -> None:
    head = get_of(till, "/v1/program", "X-Request-Id: r-1", "X-Long: " + "x" * 33 * KIB)
    _, problem, headers = problem_in(await line.hear(head))
    assert problem["request_id"] == "r-1"
    assert headers["x-ratelimit-limit"] == "100000"


async def test_half_a_head_is_given_up_and_told_so_and_silence_is_given_up_without_a_word(line: Line) -> None:
    assert await line.refused(LIVE) == (408, "request_timed_out")
    assert await line.refused(LIVE, *[b"X: y\r\n"] * 100, pause=0.1) == (408, "request_timed_out")
    assert await line.hear(b"") == b""
    assert await line.hear(b"\r\n") == b""


async def test_half_a_body_is_given_up_and_nothing_is_done(
    till: Till, line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    lena = await till.join()
    path = f"/customers/{lena['id']}/stamps"
    half = request_of(till, path, b'{"stamps":', length=100)
    assert await line.refused(half) == (408, "request_timed_out")
    assert await line.refused(half, *[b" "] * 90, pause=0.1) == (408, "request_timed_out")
    customers = request_of(till, "/customers", b"{", length=100)
    assert await line.refused(customers) == (408, "request_timed_out")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert (await till.show(lena["id"]))["total_stamps"] == 0


def chunked(till: Till, path: str, *chunks: bytes) -> bytes:
    lines = (f"POST /v1{path} HTTP/1.1", "Host: shop", f"X-Api-Key: {till.key}", "Transfer-Encoding: chunked", "", "")
    return "\r\n".join(lines).encode() + b"".join(chunks)


async def test_extensions_of_chunks_and_trailers_have_an_end(till: Till, line: Line) -> None:
    lena = await till.join()
    path = f"/customers/{lena['id']}/stamps"
    extension, trailers = [b"2;x=" + b"y" * 64 * KIB] * 4, [b"2\r\n{}\r\n0\r\n", *[b"X: y\r\n" * 10_000] * 4]
    assert await line.refused(chunked(till, path), *extension) == (400, "malformed_request")
    assert await line.refused(chunked(till, path), *trailers) == (400, "malformed_request")
    assert (await till.show(lena["id"]))["total_stamps"] == 0
    small = chunked(
        till, path, b"2;x=y\r\n{}\r\n0\r\nX-Api-Key: other\r\n\r\n", get_of(till, "/v1/program", "Connection: close")
    )
    assert [status for status, _ in answers_in(await line.hear(small))] == [200, 200]


async def test_a_body_that_breaks_off_in_nonsense_is_no_http(till: Till, line: Line) -> None:
    lena = await till.join()
    broken = chunked(till, f"/customers/{lena['id']}/stamps", b"2\r\n{}\r\nzzz\r\n")
    assert await line.refused(broken) == (400, "malformed_request")
    assert await line.refused(b"hello\r\n\r\n") == (400, "malformed_request")
    assert await line.refused(b"CONNECT shop:443 HTTP/1.1\r\nHost: shop:443\r\n\r\n") == (400, "malformed_request")


async def test_who_asks_before_uploading_too_much_is_refused_before(till: Till, line: Line) -> None:
    lena = await till.join()
    for path in (f"/customers/{lena['id']}/stamps", "/customers"):
        asked = request_of(till, path, b"", "Expect: 100-continue", length=300 * KIB)
        assert await line.refused(asked) == (413, "body_too_large")
    stranger = request_of(till, "/customers", b"", "Expect: 100-continue", length=10).replace(
        till.key.encode(), b"ll_x"
    )
    assert await line.refused(stranger) == (401, "invalid_api_key")


async def test_who_asks_before_uploading_may_and_the_connection_stays(till: Till, line: Line) -> None:
    lena = await till.join()
    asked = request_of(till, f"/customers/{lena['id']}/stamps", b"", "Expect: 100-continue", length=2)
    reader, writer = await line.open()
    writer.write(asked)
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"{}" + get_of(till, "/v1/program", "Connection: close"))
    assert [status for status, _ in answers_in(await reader.read())] == [200, 200]
    writer.close()


async def test_any_number_of_requests_may_wait_in_one_connection(till: Till, line: Line) -> None:
    lena = await till.join()
    stamp = request_of(till, f"/customers/{lena['id']}/stamps", b"{}")
    answers = answers_in(await line.hear(stamp * 500 + get_of(till, "/v1/program", "Connection: close")))
    assert [status for status, _ in answers] == [200] * 501
    assert [answer["data"].get("total_stamps") for _, answer in answers[:-1]] == list(range(1, 501))


async def test_older_and_longer_spellings_of_a_request_are_understood(till: Till, line: Line) -> None:
    old = get_of(till, "/v1/program").replace(b"HTTP/1.1", b"HTTP/1.0")
    whole = get_of(till, "http://shop/v1/program?x=1", "Connection: close")
    for request in (old, whole):
        assert [status for status, _ in answers_in(await line.hear(request))] == [200]


async def test_the_server_as_a_whole_has_methods_and_a_host_has_a_name(till: Till, line: Line) -> None:
    whole = await line.hear(b"OPTIONS * HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
    assert whole.startswith(b"HTTP/1.1 204 ")
    assert b"allow: DELETE, GET, HEAD, OPTIONS, PATCH, POST" in whole
    nameless = await line.hear(
        get_of(till, "/v1/program", "Connection: close").replace(b"Host: shop", b"Host: s h:o/p")
    )
    assert nameless.startswith(b"HTTP/1.1 400 ")
    assert b"x-ratelimit-limit: 100000" in nameless
    assert b"malformed_request" in nameless


async def test_a_protocol_that_is_offered_is_not_taken_and_the_request_is_served(till: Till, line: Line) -> None:
    lena = await till.join()
    headers = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
    reader, writer = await line.open()
    writer.write(request_of(till, f"/customers/{lena['id']}/stamps", b"{}", *headers))
    assert (await reader.readuntil(b"\r\n")) == b"HTTP/1.1 200 OK\r\n"
    writer.close()


async def test_the_answers_before_a_refused_request_are_given(till: Till, line: Line) -> None:
    heard = await line.hear(get_of(till, "/v1/program") * 3 + b"nonsense\r\n\r\n")
    assert [status for status, _ in answers_in(heard)] == [200, 200, 200, 400]


async def test_answers_that_are_not_read_are_given_up(till: Till) -> None:
    connections = OpenConnections(HASTY)
    async with free_port() as listener, served(till.api.app, listener, connections):
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.getsockname()[1])
        writer.write(get_of(till, "/openapi.json") * 60)
        await until(lambda: has_seen_one_stall(connections))
        await until(lambda: has_seen_none_stall(connections))
        with suppress(ConnectionResetError):
            assert (await reader.read()).count(b"HTTP/1.1 200 ") < 60
        writer.close()


async def has_seen_one_stall(connections: OpenConnections) -> bool:
    return connections.stalled > 0


async def has_seen_none_stall(connections: OpenConnections) -> bool:
    return connections.stalled == 0


async def test_half_requests_beyond_all_room_give_way_and_nobody_else_does(till: Till) -> None:
    patient = ConnectionLimits(sweep_seconds=0.05)
    async with line_to(till.api, patient, most=10) as line:
        reader, writer = await line.open()
        writer.write(get_of(till, "/v1/program"))
        await reader.readuntil(b"}}")
        halves = []
        for half in (LIVE, b"", request_of(till, "/customers", b"{", length=100)) * 10:
            halves.append(await line.open())
            halves[-1][1].write(half)
            heard = await line.hear(get_of(till, "/v1/program", "Connection: close"))
            assert heard.startswith(b"HTTP/1.1 200 ")
        writer.write(get_of(till, "/v1/program", "Connection: close"))
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
        for _, other in [*halves, (reader, writer)]:
            other.close()


async def test_a_connection_at_rest_stays_as_long_as_uvicorn_is_told_and_is_then_closed(till: Till) -> None:
    async with line_to(till.api, most=None, rest=1) as line:
        reader, writer = await line.open()
        for _ in range(2):
            writer.write(get_of(till, "/v1/program"))
            await reader.readuntil(b"}}")
        assert await asyncio.wait_for(reader.read(), PATIENCE_SECONDS) == b"", "nothing is said at the end"
        writer.close()


def test_a_server_keeps_connections_longer_than_usual_pools_do(sqlite_settings: Settings) -> None:
    server = SingleProcessServer(api_only(sqlite_settings), sqlite_settings, ready=lambda: None)
    assert server.config.timeout_keep_alive > 120


def test_connections_leave_files_for_the_rest() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        for files, connections in ((256, 192), (1_024, 768), (4_096, 3_072)):
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
            assert most_connections() == connections
        raise_file_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(hard, MOST_FILES)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def files(most: int) -> Iterator[None]:
    """Open as many files as that, for the time being."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_1100_half_requests_at_1024_files_harm_nobody(sqlite_settings: Settings) -> None:
    """A server of its own, because the limit is the process's. It cannot raise it: the hard limit is the same."""
    with files(4_096):
        async with open_remote_api(sqlite_settings, ulimit=1_024) as (api, server):
            till = await api.open_till()
            lena = await till.join()
            halves = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(1_100)]
            for number, (_, writer) in enumerate(halves):
                writer.write(request_of(till, "/customers", b"{", length=100) if number % 2 else LIVE)
            url, key = f"http://127.0.0.1:{server.port}/v1/customers/{lena['id']}/stamps", {"X-Api-Key": till.key}
            for _ in range(20):
                async with httpx.AsyncClient() as another_till:
                    assert (await another_till.post(url, headers=key)).status_code == 200
            assert (await till.stamp(lena["id"]))["total_stamps"] == 21
            for _, writer in halves:
                writer.close()
