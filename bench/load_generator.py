"""A load of connections that each send the next stamp as soon as the last one is answered, where there is no wrk.

Runs as a process. Reads one JSON object on standard input: {"port", "cards", "once_only", "batch", "connections",
"seconds"}; `cards` is a file with one card a line, its path and its key; `batch` is how many stamps a request has, and
with more than one they are items of a batch. Writes one on standard output: {"answers", "failures",
"seconds", "p50_ms", "p99_ms"}.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import choice
from typing import Any, cast
from uuid import uuid4

HOST, BODY = "127.0.0.1", b'{"stamps": 1}'


def requests_of(order: dict[str, Any]) -> Callable[[], bytes]:
    """Returns a function that makes one request after the other, each for a random card."""
    lines = [line.split("\t") for line in Path(order["cards"]).read_text().splitlines()]
    if order.get("batch", 1) > 1:
        return batches_of(lines, order["batch"])
    heads = [f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {key}\r\n".encode() for path, key in lines]
    tail = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
    if order["once_only"]:
        return lambda: choice(heads) + b"Idempotency-Key: %s\r\n" % uuid4().hex.encode() + tail
    whole = [head + tail for head in heads]
    return lambda: choice(whole)


def batches_of(lines: list[list[str]], size: int) -> Callable[[], bytes]:
    """Returns a function that makes one batch after the other, of random cards of one shop."""
    numbers = [path.split("/")[3] for path, _ in lines]
    head = f"POST /v1/stamps/batch HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {lines[0][1]}\r\n".encode()
    head += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"

    def batch() -> bytes:
        name = uuid4().hex
        items = ",".join(
            f'{{"idempotency_key":"{name}-{place}","customer_id":{choice(numbers)}}}' for place in range(size)
        )
        body = b'{"items":[%b]}' % items.encode()
        return head % len(body) + body

    return batch


class Exchange(asyncio.Protocol):
    """One keep-alive connection with one request at a time; `answered` is called with whether the answer was 200."""

    def __init__(self, answered: Callable[["Exchange", bool], None]) -> None:
        self.answered, self.buffer, self.due = answered, b"", 0.0
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes, due: float) -> None:
        """Send a request whose time counts from `due`."""
        self.due, self.busy = due, True
        self.transport.write(request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count an unanswered request as failed, so that a server that hangs up does not keep the others waiting."""
        del exc
        if self.busy:
            self.busy = False
            self.answered(self, False)  # noqa: FBT003  # it went badly

    def data_received(self, data: bytes) -> None:
        """Parse an answer no further than needed."""
        self.buffer += data
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if end and len(body) >= int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]):
            self.buffer, self.busy = b"", False
            self.answered(self, head.startswith(b"HTTP/1.1 200"))


class Tally:
    """The times and failures so far."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.failures = 0

    def note(self, took: float, *, well: bool) -> None:
        """Record an answer."""
        self.times.append(took)
        self.failures += not well

    def told(self, seconds: float) -> dict[str, float]:
        """The result as it is written out."""
        times = sorted(self.times)
        return {
            "answers": len(times),
            "failures": self.failures,
            "seconds": seconds,
            "p50_ms": times[len(times) // 2] * 1000,
            "p99_ms": times[len(times) * 99 // 100] * 1000,
        }


async def connect(order: dict[str, Any], answered: Callable[[Exchange, bool], None]) -> list[Exchange]:
    """Open the connections."""
    loop = asyncio.get_running_loop()
    return [
        (await loop.create_connection(lambda: Exchange(answered), HOST, order["port"]))[1]
        for _ in range(order["connections"])
    ]


async def run(order: dict[str, Any]) -> dict[str, float]:
    """Send the load."""
    tally, request, done = Tally(), requests_of(order), asyncio.Event()
    open_ones: set[Exchange] = set()

    def answered(one: Exchange, well: bool) -> None:  # noqa: FBT001  # as Exchange calls it
        now = time.perf_counter()
        tally.note(now - one.due, well=well)
        if well and now < until:
            one.send(request(), now)
        else:
            one.transport.close()
            open_ones.discard(one)
            if not open_ones:
                done.set()

    exchanges = await connect(order, answered)
    open_ones.update(exchanges)
    begin = time.perf_counter()
    until = begin + order["seconds"]
    for one in exchanges:
        one.send(request(), begin)
    await done.wait()
    return tally.told(time.perf_counter() - begin)


if __name__ == "__main__":
    import uvloop

    print(json.dumps(uvloop.run(run(json.load(sys.stdin)))))
