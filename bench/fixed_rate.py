"""A load at a fixed rate: stamps are sent when they are due, whether earlier ones were answered or not.

A stamp's time runs from when it was due, so that a pause of the server counts for all stamps that came due meanwhile.
Runs as a process; its input and output are those of `bench.load_generator`, with one more field: {"rate"}.
"""

import asyncio
import json
import sys
import time
from collections import deque
from typing import Any

from bench.load_generator import Exchange, Tally, connect, requests_of


class Pace:
    """Connections that wait for a stamp to send, and stamps that wait for a connection."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.idle: deque[Exchange] = deque()
        self.late: deque[float] = deque()
        self.quiet = asyncio.Event()
        self.gone = 0

    def answered(self, one: Exchange, well: bool) -> None:  # noqa: FBT001  # as Exchange calls it
        """Record an answer; the connection then sends the stamp that has waited longest."""
        self.tally.note(time.perf_counter() - one.due, well=well)
        if one.transport.is_closing():
            self.gone += 1
            self.quiet.set()
        elif self.late:
            one.send(self.request(), self.late.popleft())
        else:
            self.idle.append(one)
            self.quiet.set()

    async def run(self, order: dict[str, Any]) -> dict[str, float]:
        """Send the load."""
        self.request = requests_of(order)
        exchanges = await connect(order, self.answered)
        self.idle.extend(exchanges)
        begin = time.perf_counter()
        for number in range(int(order["rate"] * order["seconds"])):
            await self._send(begin + number / order["rate"])
        while len(self.idle) + self.gone < len(exchanges):
            self.quiet.clear()
            await self.quiet.wait()
        for one in exchanges:
            one.transport.close()
        self.tally.failures += len(self.late)
        return self.tally.told(time.perf_counter() - begin)

    async def _send(self, due: float) -> None:
        ahead = due - time.perf_counter()
        if ahead > 0:
            await asyncio.sleep(ahead)
        if self.idle:
            self.idle.popleft().send(self.request(), due)
        else:
            self.late.append(due)
            await asyncio.sleep(0)


if __name__ == "__main__":
    import uvloop

    print(json.dumps(uvloop.run(Pace().run(json.load(sys.stdin)))))
