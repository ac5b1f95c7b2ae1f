"""A real server: what only a socket can show."""

import asyncio
import json
from collections.abc import AsyncIterator

from loyalty_app.settings import Settings
from tests.api.server import Server, open_remote_api
from tests.api.till import Till, given, refused
from tests.api.witness import Json

KIB = 1_024
LARGEST = 256 * KIB
NO_HTTP = (b"hello\r\n\r\n", b"GET /v1/program HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n")


def request_of(till: Till, path: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """A POST as it goes over the wire."""
    said = len(body) if length is None else length
    lines = (f"POST /v1{path} HTTP/1.1", "Host: shop", f"X-Api-Key: {till.key}", f"Content-Length: {said}", *headers)
    return "\r\n".join([*lines, "", ""]).encode() + body


def answers_in(data: bytes) -> list[tuple[int, Json]]:
    """The statuses and bodies of the answers on a connection."""
    found = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        found.append((int(head.split()[1]), json.loads(data[:length])))
        data = data[length:]
    return found


async def test_a_real_server_keeps_the_word_of_the_api(sqlite_settings: Settings) -> None:
    """One server for the laws below: it takes a second to start."""
    async with open_remote_api(sqlite_settings) as (api, server):
        till = await api.open_till()
        await a_whole_link_is_a_code_though_its_slashes_are_encoded(till)
        await a_connection_takes_one_request_after_the_other(till, server)
        await data_behind_a_body_is_no_part_of_it(till, server)
        await a_body_in_chunks_is_counted_as_it_comes(till)
        await a_till_that_hangs_up_in_the_middle_has_stamped_nothing(till, server)
        await a_till_that_hangs_up_before_the_answer_may_ask_again(till, server)
        await what_is_no_http_does_no_harm(till, server)


async def a_whole_link_is_a_code_though_its_slashes_are_encoded(till: Till) -> None:
    lena = await till.join()
    link = f"https%3A%2F%2Ft.me%2Fbean_bot%3Fstart%3Dc_{lena['qr_code']}"
    assert given(await till.get(f"/customers/qr/{link}"))["id"] == lena["id"]
    assert given(await till.post(f"/customers/qr/{link}/stamps/"))["total_stamps"] == 1
    refused(await till.get("/customers/1%2Fstamps"), 400, "invalid_request")


async def a_connection_takes_one_request_after_the_other(till: Till, server: Server) -> None:
    lena = await till.join()
    path = f"/customers/{lena['id']}/stamps"
    wishes = [(path, b"{}"), (path, b"{"), ("/nowhere", b"{}"), (path, b'{"stamps":0}')]
    last = request_of(till, path, b'{"stamps":2}', "Connection: close")
    answers = answers_in(await server.hear(b"".join(request_of(till, *wish) for wish in wishes) + last))
    assert [status for status, _ in answers] == [200, 400, 404, 400, 200]
    assert answers[-1][1]["data"]["total_stamps"] == 3


async def data_behind_a_body_is_no_part_of_it(till: Till, server: Server) -> None:
    lena = await till.join()
    path, body = f"/customers/{lena['id']}/stamps", b'{"stamps":1}'
    heard = await server.hear(request_of(till, path, body + b'{"stamps":9}', "Connection: close", length=len(body)))
    assert heard.startswith(b"HTTP/1.1 200 ")
    assert (await till.show(lena["id"]))["total_stamps"] == 1


async def a_body_in_chunks_is_counted_as_it_comes(till: Till) -> None:
    async def chunks(count: int) -> AsyncIterator[bytes]:
        yield b"{}"
        for _ in range(count):
            yield b" " * KIB

    lena = await till.join()
    url, headers = f"/v1/customers/{lena['id']}/stamps", {"X-Api-Key": till.key}
    assert given(await till.api.client.post(url, headers=headers, content=chunks(255)))["total_stamps"] == 1
    refused(await till.api.client.post(url, headers=headers, content=chunks(256)), 413, "body_too_large")
    refused(await till.post(f"/customers/{lena['id']}/stamps", b"{}".ljust(2 * LARGEST)), 413, "body_too_large")
    assert (await till.show(lena["id"]))["total_stamps"] == 1


async def a_till_that_hangs_up_in_the_middle_has_stamped_nothing(till: Till, server: Server) -> None:
    lena = await till.join()
    for part in (b"", b'{"stamps"', b'{"stamps":1}'):
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request_of(till, f"/customers/{lena['id']}/stamps", part, length=40))
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    assert (await till.show(lena["id"]))["total_stamps"] == 0


async def a_till_that_hangs_up_before_the_answer_may_ask_again(till: Till, server: Server) -> None:
    lena = await till.join()
    path = f"/customers/{lena['id']}/stamps"
    for _ in range(5):
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request_of(till, path, b"{}", "Idempotency-Key: k"))
        await writer.drain()
        writer.close()
    given(await till.post(path, {}, once="k"))
    assert (await till.show(lena["id"]))["total_stamps"] == 1


async def what_is_no_http_does_no_harm(till: Till, server: Server) -> None:
    for data in NO_HTTP:
        assert (await server.hear(data)).startswith(b"HTTP/1.1 400 ")
    assert (await till.get("/program")).status_code == 200
