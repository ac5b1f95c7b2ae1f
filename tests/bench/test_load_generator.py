"""The loads tell how a server did, and spare it nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from bench import load_generator
from bench.fixed_rate import Pace
from bench.http_load import Load, Round, at_fixed_rate, write_cards
from bench.shops import Card

FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
REFUSED = b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}"


class Till:
    """A server that answers one request after the other, the first of a connection after a while."""

    def __init__(self, answer: bytes = FINE, first_after: float = 0.0) -> None:
        self.answer, self.first_after = answer, first_after
        self.asked: list[bytes] = []
        self.at_work = set[asyncio.Task[None]]()

    def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_work.add(asyncio.create_task(self.serve(reader, writer)))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wait = self.first_after
        while head := await head_of(reader):
            self.asked.append(head)
            await asyncio.sleep(wait)
            wait = 0.0
            if not self.answer:
                break
            writer.write(self.answer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def head_of(reader: asyncio.StreamReader) -> bytes:
    """A request's head, after its body was read too; empty at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""
    return head


@asynccontextmanager
async def listening(till: Till, cards: Path, **order: Any) -> AsyncIterator[dict[str, Any]]:  # noqa: ANN401  # JSON
    write_cards(cards, [Card(1, 7, "ll_one"), Card(2, 8, "ll_two")])
    server = await asyncio.start_server(till.welcome, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield {"port": port, "cards": str(cards), "once_only": False, "connections": 1, "seconds": 0.3, **order}
        await asyncio.gather(*till.at_work)


async def test_a_stamp_that_had_to_wait_for_another_is_charged_for_it(tmp_path: Path) -> None:
    async with listening(Till(first_after=0.2), tmp_path / "cards", rate=100) as order:
        told = await Pace().run(order)

    assert told["answers"] == 30
    assert told["p99_ms"] > 150
    assert told["p50_ms"] > 20  # those that were due in the meantime, though they were answered at once


async def test_an_answer_that_is_no_stamp_is_a_failure(tmp_path: Path) -> None:
    async with listening(Till(REFUSED), tmp_path / "cards", rate=100) as order:
        paced, crowded = await Pace().run(order), await load_generator.run(order)

    assert paced["failures"] == paced["answers"] == 30
    assert crowded["failures"] == crowded["answers"] == 1


async def test_a_server_that_hangs_up_is_a_failure_and_nobody_waits_for_it(tmp_path: Path) -> None:
    async with listening(Till(b""), tmp_path / "cards", rate=100) as order:
        paced, crowded = await Pace().run(order), await load_generator.run(order)

    assert (paced["failures"], crowded["failures"]) == (30, 1)


async def test_cards_are_stamped_with_the_keys_of_their_shops(tmp_path: Path) -> None:
    till = Till()
    async with listening(till, tmp_path / "cards") as order:
        await load_generator.run(order)

    asked = {tuple(head.split(b"\r\n")[place] for place in (0, 2)) for head in till.asked}
    assert asked == {
        (b"POST /v1/customers/7/stamps HTTP/1.1", b"Authorization: Bearer ll_one"),
        (b"POST /v1/customers/8/stamps HTTP/1.1", b"Authorization: Bearer ll_two"),
    }


async def test_every_stamp_has_a_key_of_its_own_if_keys_are_sent(tmp_path: Path) -> None:
    till = Till()
    async with listening(till, tmp_path / "cards", once_only=True) as order:
        await load_generator.run(order)

    keys = [line for head in till.asked for line in head.split(b"\r\n") if line.startswith(b"Idempotency-Key: ")]
    assert len(set(keys)) == len(keys) == len(till.asked) > 1


async def test_a_benchmark_whose_requests_fail_stops(tmp_path: Path) -> None:
    async with listening(Till(REFUSED), tmp_path / "cards") as order:
        asked = Load(port=order["port"], cards=Path(order["cards"]))
        with pytest.raises(SystemExit, match="requests failed"):
            await asyncio.to_thread(at_fixed_rate, asked, 0.2, rate=20)


def test_a_rate_is_answers_by_seconds() -> None:
    assert Round(answers=30, seconds=1.5).rate == 20
