"""Stopping: whether a server is told to stop or is killed, no stamp is lost and none is doubled."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
from msgspec.structs import replace

from loyalty_app.settings import Settings
from testkit.clocks import Clock
from testkit.console import A_KEY
from tests.api.server import open_remote_api
from tests.api.till import Till, given, on_both_databases, open_api

TILLS, ENOUGH = 50, 150


class Crowd:
    """Fifty tills that stamp one card at once, each stamp under a key of its own, until the server is gone."""

    def __init__(self, till: Till, card: int) -> None:
        self.till, self.card = till, card
        self.asked: list[str] = []
        self.answered: list[str] = []

    async def stamp_until(self, stop: Callable[[], None]) -> None:
        """Stop the server in mid-flight."""
        tills = [asyncio.create_task(self._stamp(number, stop)) for number in range(TILLS)]
        await asyncio.gather(*tills)

    async def _stamp(self, number: int, stop: Callable[[], None]) -> None:
        while True:
            key = f"{number}-{len(self.asked)}"
            self.asked.append(key)
            try:
                given(await self.till.post(f"/customers/{self.card}/stamps", once=key))
            except httpx.TransportError:
                return
            self.answered.append(key)
            if len(self.answered) == ENOUGH:
                stop()


def clock_on_the_wall() -> Clock:
    """A clock that shows what the server's own has shown."""
    clock = Clock()
    clock.now = datetime.now(UTC)
    return clock


@on_both_databases
async def test_a_server_that_is_told_to_stop_has_answered_exactly_what_it_has_stamped(place: Settings) -> None:
    async with open_remote_api(place) as (api, server):
        till = await api.open_till()
        crowd = Crowd(till, (await till.join())["id"])
        await crowd.stamp_until(server.process.terminate)
        assert (await server.ended(), server.process.returncode) == ("", 0)
    async with open_api(replace(place, secret_key=A_KEY), clock_on_the_wall()) as api:
        till = till.moved(api)
        assert (await till.show(crowd.card))["total_stamps"] == len(crowd.answered) >= ENOUGH
        await till.assert_books_balance()


@on_both_databases
async def test_a_server_that_is_killed_has_lost_nothing_it_answered_and_repeating_doubles_nothing(
    place: Settings,
) -> None:
    async with open_remote_api(place) as (api, server):
        till = await api.open_till()
        crowd = Crowd(till, (await till.join())["id"])
        await crowd.stamp_until(server.process.kill)
        await server.ended()
    async with open_api(replace(place, secret_key=A_KEY), clock_on_the_wall()) as api:
        till = till.moved(api)
        assert len(crowd.answered) <= (await till.show(crowd.card))["total_stamps"] <= len(crowd.asked)
        path = f"/customers/{crowd.card}/stamps"
        again = await asyncio.gather(*(till.post(path, once=key) for key in crowd.asked))
        assert sum("idempotent-replayed" in answer.headers for answer in again) >= len(crowd.answered)
        assert (await till.show(crowd.card))["total_stamps"] == len(crowd.asked)
        await till.assert_books_balance()


async def test_a_server_that_is_told_to_stop_waits_for_no_page_that_watches_a_card(sqlite_settings: Settings) -> None:
    """One that was cut off after its grace would say so in the terminal."""
    async with open_remote_api(sqlite_settings) as (api, server):
        till = await api.open_till()
        card = (await till.join())["id"]
        link = given(await till.post(f"/customers/{card}/card-link"))["url"]
        async with (
            httpx.AsyncClient(trust_env=False, timeout=30) as page,
            page.stream("GET", f"{link}/api/live") as live,
        ):
            lines = live.aiter_lines()
            assert await anext(lines) == "retry: 3000"
            server.process.terminate()
            assert "event: card" in [line async for line in lines]
        assert (await server.ended(), server.process.returncode) == ("", 0)
