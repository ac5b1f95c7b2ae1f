"""A load of 32 connections that each send the next request as soon as the last one is answered. Runs as a process.

Reads one JSON object on standard input: {"host", "port", "paths", "headers", "body", "connections", "seconds"}; writes
one on standard output: {"answers", "failures", "seconds", "p50_ms", "p99_ms"}.
"""

import asyncio
import itertools
import json
import sys
import time
from typing import Any, cast


class Connection(asyncio.Protocol):
    """One keep-alive connection that counts its answers until the time is over."""

    def __init__(self, requests: "itertools.cycle[bytes]", until: float) -> None:
        self.requests, self.until = requests, until
        self.times: list[float] = []
        self.failures = 0
        self.buffer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        self.sent = time.perf_counter()
        if self.sent > self.until:
            self.transport.close()
            self.done.set_result(None)
        else:
            self.transport.write(next(self.requests))

    def connection_lost(self, exc: Exception | None) -> None:
        """A server that hangs up before the time is over has failed, and must not keep the others waiting."""
        del exc
        if not self.done.done():
            self.failures += 1
            self.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Take an answer apart no further than needed, and send the next request."""
        self.buffer += data
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(body) >= length:
            self.buffer = b""
            self.times.append(time.perf_counter() - self.sent)
            self.failures += not head.startswith(b"HTTP/1.1 200")
            self._send()


def requests_of(order: dict[str, Any]) -> list[bytes]:
    """The requests, written out once."""
    body = order["body"].encode()
    headers = "".join(f"{name}: {value}\r\n" for name, value in order["headers"].items())
    return [
        f"POST {path} HTTP/1.1\r\nHost: bench\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body
        for path in order["paths"]
    ]


async def run(order: dict[str, Any]) -> dict[str, float]:
    """Send the load."""
    loop, begin = asyncio.get_running_loop(), time.perf_counter()
    requests = itertools.cycle(requests_of(order))
    connections = []
    for _ in range(order["connections"]):
        _, connection = await loop.create_connection(
            lambda: Connection(requests, begin + order["seconds"]), order["host"], order["port"]
        )
        connections.append(connection)
    await asyncio.gather(*(connection.done for connection in connections))
    seconds = time.perf_counter() - begin
    times = sorted(took for connection in connections for took in connection.times)
    return {
        "answers": len(times),
        "failures": sum(connection.failures for connection in connections),
        "seconds": seconds,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[len(times) * 99 // 100] * 1000,
    }


if __name__ == "__main__":
    import uvloop

    print(json.dumps(uvloop.run(run(json.load(sys.stdin)))))
