"""Figures: what happened is counted once, by labels that nobody outside can choose, and over all processes."""

import asyncio
import os
import signal
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection

from loyalty_app.observability.queue_depths import QueueDepth, QueueDepths
from loyalty_app.settings import Settings
from testkit.concurrency import until
from testkit.console import CAFE, Console
from testkit.servers import free_port
from testkit.town import Town
from tests.api.till import Api, Till, refused
from tests.observability.scrape import Scrape

STAMPS = {"method": "POST", "route": "/v1/customers/{id}/stamps"}
PATIENCE_SECONDS = 30


async def scrape(api: Api) -> Scrape:
    answer = await api.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return Scrape(answer.text)


async def test_a_stamp_is_counted_once_by_http_and_once_at_the_counter(till: Till) -> None:
    lena = await till.join()
    before = await scrape(till.api)
    await till.stamp(lena["id"])
    after = await scrape(till.api)
    for name, labels in (
        ("loyalty_http_request_seconds_count", {**STAMPS, "status": "200"}),
        ("loyalty_counter_seconds_count", {"order": "GiveStamp", "actor": "api_key", "outcome": "ok"}),
        ("loyalty_counter_batch_size_count", {}),
    ):
        assert after(name, **labels) - before(name, **labels) == 1, name
    assert after("loyalty_counter_waiting") == 0


async def test_a_replay_and_a_refusal_are_told_apart_from_what_was_done(till: Till) -> None:
    lena = await till.join()
    before = await scrape(till.api)
    for _ in range(2):
        await till.post(f"/customers/{lena['id']}/stamps", {}, once="one")
    refused(await till.post(f"/customers/{lena['id']}/redeem"), 409, "no_reward_available")
    after = await scrape(till.api)
    for outcome in ("ok", "replayed", "refused"):
        name = "loyalty_counter_seconds_count"
        assert after(name, outcome=outcome) - before(name, outcome=outcome) == 1, outcome
    code = {"door": "api", "code": "no_reward_available"}
    assert after("loyalty_refusals_total", **code) - before("loyalty_refusals_total", **code) == 1


async def test_both_prefixes_are_one_route(till: Till) -> None:
    before = await scrape(till.api)
    await till.ask("GET", "/program", base="/api/v1")
    await till.ask("GET", "/program", base="/v1")
    after = await scrape(till.api)
    route = {"route": "/v1/program"}
    name = "loyalty_http_request_seconds_count"
    assert after(name, **route) - before(name, **route) == 2


async def test_what_a_client_types_never_becomes_a_label(till: Till) -> None:
    for path in ("/Lena", "/v1/customers/4155550100/stamps", "/v1/customers/qr/CUSLENA", "/v1/Lena?phone=Lena"):
        await till.api.client.request("LENA", path)
        await till.ask("GET", path, base="")
    text = (await till.api.client.get("/metrics")).text
    assert "lena" not in text.lower()
    assert "4155550100" not in text


async def test_what_waits_in_the_outbox_is_seen(till: Till) -> None:
    lena = await till.join()
    await till.post("/webhooks", {"url": "https://example.com/hook", "events": ["stamp.added"]})
    await till.stamp(lena["id"])
    seen = await scrape(till.api)
    assert (seen("loyalty_outbox_queued"), seen("loyalty_database_answers")) == (1, 1)


async def test_what_waits_is_not_asked_more_often_than_every_five_seconds(till: Till) -> None:
    running, asked = till.api.app.state.runtime, list[datetime]()

    def noted(_: Connection, now: datetime) -> list[QueueDepth]:
        asked.append(now)
        return [QueueDepth("loyalty_waiting", "How often it was asked.", len(asked))]

    depths = QueueDepths(running.database, running.clock, [noted])
    first, second = await depths.measured(), await depths.measured()
    assert first == second == [QueueDepth("loyalty_waiting", "How often it was asked.", 1)]
    assert len(asked) == 1


async def test_what_is_done_in_the_chat_is_counted(town: Town) -> None:
    before = await of_this_process(town)
    shop = await town.open_shop()
    lena = await town.person("Lena")
    await lena.start(f"j_{shop.business.slug}")
    after = await of_this_process(town)
    for name, labels in (
        ("loyalty_update_seconds_count", {"outcome": "handled"}),
        ("loyalty_cards_shown_total", {"outcome": "shown"}),
        ("loyalty_telegram_call_seconds_count", {"method": "sendPhoto", "outcome": "ok"}),
        ("loyalty_counter_seconds_count", {"order": "Join", "outcome": "ok"}),
    ):
        assert after(name, **labels) - before(name, **labels) >= 1, name
    assert after("loyalty_updates_waiting") == 0


async def of_this_process(town: Town) -> Scrape:
    from loyalty_app.observability.exposition import exposition  # noqa: PLC0415  # beside the one place that asks without HTTP

    return Scrape(exposition(await town.runtime.queue_depths.measured()).decode())


async def test_several_processes_are_added_up_and_a_dead_one_leaves_its_counts(
    tmp_path: Path, postgres_database: str
) -> None:
    console = Console(tmp_path, Settings(database_url=postgres_database))
    key = console.ask("business", "create", *CAFE, "--plan", "professional")["api_key"]
    with console.serve("api", LOYALTY_WORKERS="2") as (server, url):
        async with httpx.AsyncClient(base_url=url, headers={"X-Api-Key": key}, timeout=PATIENCE_SECONDS) as client:
            await until(lambda: both_serve(client))
            for _ in range(20):
                await fresh(url, key)
            counted = await program_requests(client)
            assert counted == 20
            victim = children(server.pid)[-1]
            os.kill(victim, signal.SIGKILL)
            await until(lambda: replaced(server.pid, victim, client))
            assert await program_requests(client) == 20
        server.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.wait, PATIENCE_SECONDS) == 0


async def fresh(url: str, key: str) -> None:
    """A request on a connection of its own, so that any process may take it."""
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:
        assert (await client.get(f"{url}/v1/program", headers={"X-Api-Key": key})).status_code == 200


async def program_requests(client: httpx.AsyncClient) -> float:
    found = Scrape((await client.get("/metrics")).text)
    return found("loyalty_http_request_seconds_count", route="/v1/program", status="200")


async def both_serve(client: httpx.AsyncClient) -> bool:
    try:
        return Scrape((await client.get("/metrics")).text)("loyalty_processes") == 2
    except httpx.TransportError:
        return False


async def replaced(parent: int, victim: int, client: httpx.AsyncClient) -> bool:
    return victim not in children(parent) and await both_serve(client)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("command", ["worker", "bot"])
async def test_a_process_without_http_answers_on_a_port_of_its_own(
    tmp_path: Path, sqlite_settings: Settings, command: str
) -> None:
    console, port = Console(tmp_path, sqlite_settings), free_port()
    with console.start(command, LOYALTY_METRICS_PORT=str(port)) as process:
        async with httpx.AsyncClient() as client:
            await until(lambda: answers(client, f"http://127.0.0.1:{port}/metrics"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0


async def answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return Scrape((await client.get(url)).text)("loyalty_database_answers") == 1
    except httpx.TransportError:
        return False


def test_a_port_that_is_taken_is_said_by_the_name_of_its_setting(tmp_path: Path, sqlite_settings: Settings) -> None:
    console = Console(tmp_path, sqlite_settings)
    with console.serve("serve") as (_, url):
        said = console.run("worker", LOYALTY_METRICS_PORT=url.rpartition(":")[2])
    assert said.returncode == 2
    assert "LOYALTY_METRICS_PORT" in said.stderr
