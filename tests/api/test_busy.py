"""Busy: while the database is away, locked or read-only, every route answers 503 with Retry-After, and soon."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest

from loyalty_app.db.citus.engine import CitusDatabase
from loyalty_app.db.sqlite import engine as sqlite
from loyalty_app.settings import Settings
from testkit.citus import citus_url, node_away
from testkit.postgres_relay import PostgresRelay, open_relay
from testkit.pretended_cluster import copies_held
from tests.api.till import Api, Till, open_api, refused
from tests.api.witness import Json

READS = (
    *(
        "/customers",
        "/customers/{id}",
        "/customers/qr/{code}",
        "/customers/{id}/transactions",
        "/customers/{id}/rewards",
    ),
    *("/customers/{id}/card.png", "/rewards", "/program", "/analytics", "/webhooks", "/webhooks/{hook}/deliveries"),
)
WRITES: tuple[tuple[str, str, Json | None], ...] = (
    ("POST", "/customers", {"name": "Ben", "phone": "+1 212 555 0123"}),
    ("PATCH", "/customers/{id}", {"name": "Lena B"}),
    ("POST", "/customers/{id}/stamps", {}),
    ("POST", "/customers/qr/{code}/stamps", {}),
    ("POST", "/customers/{id}/redeem", {}),
    ("POST", "/transactions/1/void", {}),
    ("PATCH", "/program", {"stamps_required": 9}),
    ("POST", "/webhooks", {"url": "https://example.com/hook", "events": ["stamp.added"]}),
    ("PATCH", "/webhooks/{hook}", {"active": False}),
    ("POST", "/webhooks/{hook}/rotate-secret", {}),
    ("POST", "/webhooks/{hook}/test", {}),
    ("DELETE", "/webhooks/{hook}", None),
    ("DELETE", "/customers/{id}", None),
)
SETTINGS: dict[str, Json] = {
    "/flags/rules": {"most_undos": 3},
    "/programs/{program}": {"title": "Tea"},
    "/program": {"stamps_required": 9},
}
"""Changes of what is on every machine of a cluster."""
LONGEST_SECONDS = 20


class Place:
    """A shop with a customer, a stamp and a webhook."""

    def __init__(self, till: Till, names: dict[str, int | str]) -> None:
        self.till, self.names = till, names

    def path(self, template: str) -> str:
        return template.format(**self.names)

    async def all_reads(self) -> list[httpx.Response]:
        return await asyncio.gather(*(self.till.ask("GET", self.path(path)) for path in READS))

    async def all_writes(self, *, but: Sequence[str] = ()) -> list[httpx.Response]:
        asked = (self.till.ask(verb, self.path(path), body) for verb, path, body in WRITES if path not in but)
        return await asyncio.gather(*asked)


async def open_place(api: Api) -> Place:
    till = await api.open_till()
    lena = await till.join()
    await till.stamp(lena["id"])
    hook = (await till.post("/webhooks", {"url": "https://example.com/a", "events": ["stamp.added"]})).json()["data"]
    [program] = (await till.get("/programs")).json()["data"]
    names = {"id": lena["id"], "code": lena["qr_code"], "hook": hook["id"], "program": program["id"]}
    return Place(till, names)


def assert_busy(answers: list[httpx.Response]) -> None:
    for answer in answers:
        problem = refused(answer, 503, "busy")
        assert int(answer.headers["retry-after"]) == problem["retry_after"] == 5


async def assert_held(place: Place) -> None:
    """Settings that are on every machine are refused, each with the reason."""
    answers = [await place.till.patch(place.path(path), body) for path, body in SETTINGS.items()]
    assert_busy(answers)
    assert all("kept on each of them" in answer.json()["detail"] for answer in answers)


async def assert_served(place: Place) -> None:
    """All is answered, except changes of what is on every machine."""
    answers = [*await place.all_reads(), *await place.all_writes(but=["/program"])]
    assert {answer.status_code for answer in answers} <= {200, 201, 204, 404, 409}


@asynccontextmanager
async def soon() -> AsyncIterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < LONGEST_SECONDS


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the file for a tenth of the usual time."""
    monkeypatch.setattr(sqlite, "BUSY_MILLISECONDS", sqlite.BUSY_MILLISECONDS // 10)
    monkeypatch.setattr(sqlite, "TURN_SECONDS", sqlite.TURN_SECONDS / 10)


@pytest.mark.usefixtures("impatient")
async def test_a_file_that_another_program_holds_is_busy_for_all_that_write_and_then_goes_on(
    sqlite_settings: Settings,
) -> None:
    async with open_api(sqlite_settings) as api:
        place = await open_place(api)
        other = sqlite.open_engine(sqlite_settings.sqlite_path)
        with other.begin():
            async with soon():
                assert_busy(await place.all_writes())
            assert {answer.status_code for answer in await place.all_reads()} == {200}
            assert (await api.client.get("/health/ready")).status_code == 503
        other.dispose()
        assert (await api.client.get("/health/ready")).status_code == 200
        assert (await place.till.stamp(place.names["id"]))["total_stamps"] == 2


@asynccontextmanager
async def open_far_place(settings: Settings, relay: PostgresRelay) -> AsyncIterator[Place]:
    """A place whose server waits for the database as little as possible."""
    far = Settings(
        database_url=relay.url(),
        secret_key=settings.secret_key,
        database_connect_seconds=1,
        database_lock_seconds=1,
        database_statement_seconds=1,
    )
    async with open_api(far) as api:
        yield await open_place(api)


async def test_a_server_that_is_stopped_is_busy_for_everybody_and_then_goes_on(server_settings: Settings) -> None:
    async with open_relay(server_settings.database_url) as relay, open_far_place(server_settings, relay) as place:
        relay.stopped = True
        async with soon():
            assert_busy([*await place.all_reads(), *await place.all_writes()])
        relay.stopped = False
        async with soon():
            assert (await place.till.stamp(place.names["id"]))["total_stamps"] == 2
        assert (await place.till.api.client.get("/health/ready")).status_code == 200


async def test_a_server_that_is_silent_is_busy_for_everybody_and_then_goes_on(server_settings: Settings) -> None:
    async with open_relay(server_settings.database_url) as relay, open_far_place(server_settings, relay) as place:
        relay.silent = True
        async with soon():
            assert_busy([*await place.all_reads(), *await place.all_writes()])
        relay.silent = False
        async with soon():
            assert (await place.till.stamp(place.names["id"]))["total_stamps"] == 2


async def test_what_is_on_every_machine_of_a_cluster_cannot_be_changed_while_one_is_away_and_all_else_goes_on(
    postgres_settings: Settings,
) -> None:
    async with open_api(postgres_settings) as api:
        place = await open_place(api)
        async with copies_held(postgres_settings):
            await assert_held(place)
            await assert_served(place)
        assert (await place.till.patch(place.path("/programs/{program}"), {"title": "Tea"})).status_code == 200


@pytest.mark.skipif(citus_url() is None, reason="LOYALTY_TEST_CITUS_URL names no cluster")
async def test_shops_on_a_machine_that_is_away_are_busy_and_all_others_go_on(citus_settings: Settings) -> None:
    async with open_api(citus_settings) as api:
        assert isinstance(api.database, CitusDatabase)
        [*_, gone] = api.database.cluster.nodes
        places = [await open_place(api) for _ in range(8)]
        shops = {place: api.database.cluster.shard_of(place.till.business.id).node for place in places}
        assert gone in shops.values()
        assert set(shops.values()) != {gone}
    async with node_away(citus_settings.database_url, gone), open_api(citus_settings) as api:
        assert len((await api.client.get("/health/ready")).json()["nodes_away"]) == 1
        for place, node in shops.items():
            place.till = place.till.moved(api)
            if node == gone:
                assert_busy([*await place.all_reads(), *await place.all_writes()])
            else:
                await assert_held(place)
                await assert_served(place)
    async with open_api(citus_settings) as api:
        for place in places:
            changed = await place.till.moved(api).patch(place.path("/programs/{program}"), {"title": "Tea"})
            assert changed.status_code == 200
