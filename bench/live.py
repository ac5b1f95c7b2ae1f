"""Live cards: how soon open pages hear of a stamp, and how long stamps take meanwhile.

Goals: with 500 open pages a page hears of a stamp within a second of the commit, and 99 of 100 stamps are answered in
50 ms. Measured from sending the stamp, which comes before its commit: no page hears later than is told.
Each page is a stream of events of its own card. `python -m bench.live --help` lists the options.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

import httpx
import msgspec

from bench.databases import Databases, open_databases
from bench.rounds import keep
from bench.server_process import served
from bench.shops import Card, Scale, furnish

SOON_SECONDS, STAMP_MILLISECONDS = 1.0, 50.0
PATIENCE_SECONDS = 20
WARMING = 50
"""Stamps that are given first and not counted, as in every benchmark of stamps."""


class Live(msgspec.Struct):
    """What was seen: seconds from an answer to its event, and milliseconds of stamps."""

    heard: list[float] = []
    stamps: list[float] = []


class Page:
    """An open page of one card."""

    def __init__(self, card: Card, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.card, self.writer = card, writer
        self._reader, self.came = reader, asyncio.Queue[float]()

    async def listen(self) -> None:
        """Note when each event came."""
        while line := await self._reader.readline():
            if line.startswith(b"id: "):
                self.came.put_nowait(time.perf_counter())


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table and one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.live", description="How soon open pages hear of a stamp.")
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--stamps", type=int, default=500)
    parser.add_argument("--a-second", type=int, default=25, help="how many stamps are given in a second")
    given = parser.parse_args(arguments)
    with open_databases() as found:
        told = {name: measured(name, found, given) for name in ("SQLite", "PostgreSQL")}
    for name, figures in told.items():
        print(f"{name:12}", *(f"{label} {value}" for label, value in figures.items()), sep="  ")
    keep("live", {"pages": given.pages, "databases": told})


def measured(name: str, databases: Databases, given: argparse.Namespace) -> dict[str, float]:
    """The figures of one database."""
    settings = databases.sqlite("live") if name == "SQLite" else databases.postgres("live")
    cards = furnish(settings, Scale(customers=given.pages))
    with served(settings) as port:
        seen = asyncio.run(watched(port, cards, given))
    heard, stamps = sorted(seen.heard), sorted(seen.stamps)
    return {
        "events": len(heard),
        "p99_seconds_until_heard": round(heard[len(heard) * 99 // 100], 3),
        "slowest_seconds_until_heard": round(heard[-1], 3),
        "p99_ms_of_stamps": round(stamps[len(stamps) * 99 // 100], 1),
    }


async def watched(port: int, cards: Sequence[Card], given: argparse.Namespace) -> Live:
    """Open a page for each card, and stamp them in turn."""
    seen = Live()
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS, trust_env=False
    ) as till:
        pages = [await opened(till, port, card) for card in cards]
        listening = [asyncio.create_task(page.listen()) for page in pages]
        for page in pages:
            await asyncio.wait_for(page.came.get(), PATIENCE_SECONDS)
        for page in pages[:WARMING]:
            await stamp(till, page, Live())
        under_way = []
        for number in range(given.stamps):
            under_way.append(asyncio.create_task(stamp(till, pages[number % len(pages)], seen)))
            await asyncio.sleep(1 / given.a_second)
        await asyncio.gather(*under_way)
        for page, task in zip(pages, listening, strict=True):
            task.cancel()
            page.writer.close()
    return seen


async def opened(till: httpx.AsyncClient, port: int, card: Card) -> Page:
    """The page of a card."""
    link = await till.post(f"/v1/customers/{card.customer_id}/card-link", headers={"X-Api-Key": card.key})
    path = httpx.URL(link.raise_for_status().json()["data"]["url"]).path
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path}/api/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    return Page(card, reader, writer)


async def stamp(till: httpx.AsyncClient, page: Page, seen: Live) -> None:
    """Stamp a card, and wait until its page has heard of it."""
    began = time.perf_counter()
    answer = await till.post(page.card.path, json={"stamps": 1}, headers={"X-Api-Key": page.card.key})
    answer.raise_for_status()
    answered = time.perf_counter()
    seen.stamps.append((answered - began) * 1_000)
    came = await asyncio.wait_for(page.came.get(), PATIENCE_SECONDS)
    seen.heard.append(came - began)


if __name__ == "__main__":
    main(sys.argv[1:])
