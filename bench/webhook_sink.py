"""A sink that takes webhooks and records when each came, beside a tarpit that takes them and never answers.

Runs as a process. Writes one line on standard output when it listens: {"sink": port, "tarpit": port}; and when its
standard input ends, one more: when each transaction's event came, {"<transaction>": Unix seconds}.
"""

import asyncio
import json
import sys
import time
from functools import partial
from typing import Any

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Taker(asyncio.Protocol):
    """One keep-alive connection; without an answer to give it is a tarpit."""

    def __init__(self, arrivals: dict[str, float], answer: bytes) -> None:
        self.arrivals, self.answer = arrivals, answer
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Record a whole request, and answer."""
        self.buffer += data
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if end and len(body) >= int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]):
            now, self.buffer = time.time(), b""
            if self.answer:
                if transaction := json.loads(body)["data"].get("transaction_id"):
                    self.arrivals.setdefault(str(transaction), now)
                self.transport.write(self.answer)


async def main() -> None:
    """Listen until standard input ends."""
    loop, arrivals = asyncio.get_running_loop(), dict[str, float]()
    servers = {
        name: await loop.create_server(partial(Taker, arrivals, answer), "127.0.0.1", 0)
        for name, answer in (("sink", ANSWER), ("tarpit", b""))
    }
    print(json.dumps({name: server.sockets[0].getsockname()[1] for name, server in servers.items()}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps(arrivals))


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
