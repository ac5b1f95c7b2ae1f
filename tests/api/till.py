"""A till over HTTP: the API as it runs, and the integrations that ask it with their keys."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from itertools import count
from urllib.parse import urlencode

import httpx
import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import Connection, select

from api.app import Lifespan, build_app, lifespan_of
from loyalty_app.clock import utc_now
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import metadata
from loyalty_app.settings import Settings
from loyalty_app.shops.api_keys import ALL_SCOPES, create_key
from loyalty_app.shops.businesses import Business, NewBusiness, open_business
from loyalty_core.access import Plan, Scope
from testkit.audit import assert_books_balance
from testkit.builders import a_program
from testkit.citus import SERVERS
from testkit.clocks import Clock
from testkit.shop import Shop
from testkit.upkeep import in_turn
from tests.api.witness import Json, Witness, reference_in

Dump = dict[str, list[tuple[object, ...]]]

on_both_databases = pytest.mark.parametrize("place", ["sqlite", *SERVERS], indirect=True)


class Api:
    """The API as clients see it, and its database as the shop's owner does. Each answer passes the witness.

    `app` is set where it runs in this process.
    """

    app: Litestar

    def __init__(self, client: httpx.AsyncClient, database: Database, clock: Clock, witness: Witness) -> None:
        self.client, self.database, self.clock, self.witness = client, database, clock, witness

    async def open_till(
        self,
        name: str = "Bean & Leaf",
        *,
        plan: Plan = Plan.ENTERPRISE,
        rate_limit: int | None = 100_000,
        timezone: str = "UTC",
        country: str | None = "US",
        **terms: object,
    ) -> "Till":
        """A shop whose ten stamps make a coffee, and its first till."""
        new = NewBusiness(name=name, plan=plan, rate_limit=rate_limit, timezone=timezone, country=country)
        business = await open_business(self.database, new, a_program(**terms).terms)
        return await self.another_till(business)

    async def another_till(self, business: Business, scopes: Sequence[Scope] = ALL_SCOPES) -> "Till":
        """One more till of a shop, with a key of its own."""
        key = await create_key(self.database, business.id, now=utc_now(), name="Till at the door", scopes=scopes)
        self.witness.keys.add(key.api_key)
        return Till(self, business, key.api_key, key.key_id)

    async def dump(self, *, without: Sequence[str] = ("api_key",)) -> Dump:
        """Every row of every table; keys are left out, because a key notes when it is used."""

        def work(connection: Connection) -> Dump:
            tables = [table for table in metadata.sorted_tables if table.name not in without]
            return {table.name: sorted(map(tuple, connection.execute(select(table))), key=repr) for table in tables}

        return await self.database.read(work)


class Till:
    """An integration of one shop. The verbs expect to succeed and give what the answer holds under `data`."""

    def __init__(self, api: Api, business: Business, key: str, key_id: int) -> None:
        self.api, self.business, self.key, self.key_id = api, business, key, key_id
        self._phones: Iterator[int] = count(4155550100)

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        base: str = "/v1",
    ) -> httpx.Response:
        """Any request, with this till's key; a body is JSON unless it is bytes already."""
        content = body if isinstance(body, bytes | None) else msgspec.json.encode(body)
        signed = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **(headers or {})}
        return await self.api.client.request(method, base + path, headers=signed, content=content)

    async def get(self, path: str, **query: object) -> httpx.Response:
        return await self.ask("GET", f"{path}?{urlencode(query)}" if query else path)

    async def post(self, path: str, body: object = None, *, once: str | None = None) -> httpx.Response:
        """Post a body, if there is one; `once` is an idempotency key."""
        return await self.ask("POST", path, body, headers=only_once(once))

    async def patch(self, path: str, body: object, *, once: str | None = None) -> httpx.Response:
        return await self.ask("PATCH", path, body, headers=only_once(once))

    async def delete(self, path: str, *, once: str | None = None) -> httpx.Response:
        return await self.ask("DELETE", path, headers=only_once(once))

    def free_phone(self) -> str:
        return f"+1{next(self._phones)}"

    async def join(self, name: str = "Lena", **profile: object) -> Json:
        return given(await self.post("/customers", {"name": name, "phone": self.free_phone(), **profile}), 201)

    async def show(self, customer: int | str) -> Json:
        return given(await self.get(f"/customers/{customer}"))

    async def stamp(self, customer: int | str, stamps: int = 1, **order: object) -> Json:
        return given(await self.post(f"/customers/{customer}/stamps", {"stamps": stamps, **order}))

    async def redeem(self, customer: int | str, **order: object) -> Json:
        return given(await self.post(f"/customers/{customer}/redeem", order))

    async def void(self, transaction: int) -> Json:
        return given(await self.post(f"/transactions/{transaction}/void"))

    async def change(self, **asked: object) -> Json:
        """The owner changes the program."""
        return given(await self.patch("/program", asked))

    def moved(self, api: Api) -> "Till":
        """The same till at another process of the same installation."""
        api.witness.keys.add(self.key)
        return Till(api, self.business, self.key, self.key_id)

    async def assert_books_balance(self) -> None:
        """Each card, each reward and each total of the shop says what its ledger says."""
        shop = Shop(self.api.database, self.business, self.api.clock)
        await assert_books_balance(shop)
        await shop.counter.close()


def only_once(key: str | None) -> dict[str, str]:
    """The header that makes a request happen once."""
    return {} if key is None else {"Idempotency-Key": key}


def given(response: httpx.Response, status: int = 200) -> Json:
    """What a request was given, under `data`."""
    assert response.status_code == status, response.text
    data: Json = response.json()["data"]
    return data


def refused(response: httpx.Response, status: int, code: str) -> Json:
    """The problem that a request was refused with."""
    problem: Json = response.json()
    assert (response.status_code, problem["code"]) == (status, code), response.text
    return problem


def wrong_fields(response: httpx.Response) -> list[str]:
    """The JSON pointers of the fields for which a request was refused."""
    return [error["pointer"] for error in refused(response, 400, "invalid_request")["errors"]]


@asynccontextmanager
async def started(app: Litestar) -> AsyncIterator[None]:
    """Let an application live in a task of its own, as a server does. The works of its upkeep take turns."""
    up, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            up.set()
            await stop.wait()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("loyalty_app.runtime.periodically", in_turn)
        task = asyncio.create_task(live())
        task.add_done_callback(lambda _: up.set())
        await up.wait()
    if task.done():
        await task
    try:
        yield
    finally:
        stop.set()
        await task


async def witness_of(client: httpx.AsyncClient) -> Witness:
    """A witness who looks at every answer to a client from now on."""
    plain = {"Accept-Encoding": "identity"}  # to compress it took a third of a small test's time
    witness = Witness(reference_in((await client.get("/openapi.json", headers=plain)).content))
    client.event_hooks = {"response": [witness]}
    return witness


class IdleApp:
    """An application between two lives; making one takes longer than most tests."""

    def __init__(self) -> None:
        self.lifespan: Lifespan
        self.app = build_app(self._live)

    def _live(self, app: Litestar) -> AbstractAsyncContextManager[None]:
        return self.lifespan(app)


IDLE_APPS: list[IdleApp] = []


@contextmanager
def app_with(lifespan: Lifespan) -> Iterator[Litestar]:
    """An application that nobody else uses meanwhile, with its next life."""
    idle = IDLE_APPS.pop() if IDLE_APPS else IdleApp()
    idle.lifespan = lifespan
    yield idle.app
    idle.app.state.clear()
    IDLE_APPS.append(idle)


@asynccontextmanager
async def open_api(settings: Settings, clock: Clock | None = None, *, delivering: bool = False) -> AsyncIterator[Api]:
    """Start the API in this process, where everything but the socket is real, and stop it again.

    It delivers no webhooks and prunes nothing, unless a test wants `delivering`: that took a fifth of the tests' time.
    """
    clock = clock or Clock()
    with app_with(lifespan_of(settings, clock=clock, delivering=delivering)) as app:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]  # the same in other words
        async with started(app), httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            api = Api(client, app.state.runtime.database, clock, await witness_of(client))
            api.app = app
            yield api
