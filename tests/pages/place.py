"""The place where pages are tried: the whole application on a port of this machine, its bots in a sandbox, and people.

    shop = await place.town.open_shop()
    ana = await place.town.hire(shop, "Ana", Role.STAFF)
    await place.open(tab, "scan", ana)          # as Telegram opens it: with init data behind the #
    answer = await (await place.signed_in(ana)).post("api/…", json={…})

One server for each test process; each test has shops and people of its own.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from datetime import timedelta
from itertools import count
from urllib.parse import urlencode

import httpx

from api.rate_limits import RateLimits
from loyalty_app.settings import Settings
from testkit.http_server import free_port, served
from testkit.init_data import fields_for, signed
from testkit.people import Person
from testkit.town import Town, open_town
from tests.api.till import app_with
from tests.browser import Tab

OPENED = count(1)
"""Telegram gives each window a `query_id` of its own."""


class Place:
    """The application at `url`, the town around it, and the bot whose pages are tried."""

    def __init__(self, town: Town, url: str) -> None:
        self.town, self.url = town, url
        self.token = str(town.settings.telegram_token)
        self.bot_id = int(self.token.partition(":")[0])
        self.stack = AsyncExitStack()

    @property
    def pages(self) -> str:
        """The address below which the pages of the bot are."""
        return f"{self.url}/app/{self.bot_id}"

    def init_data(self, person: Person, *, ago: timedelta = timedelta(), language: str = "en", **more: str) -> str:
        """What Telegram says of a person who opens a page, `ago` before now."""
        fields = fields_for(person.id, at=self.town.clock() - ago, language_code=language)
        return signed({**fields, "query_id": f"AA{next(OPENED)}", **more}, self.token)

    async def open(
        self,
        tab: Tab,
        page: str,
        person: Person | None = None,
        *,
        init_data: str | None = None,
        language: str = "en",
        **query: str,
    ) -> None:
        """Open a page, as a person does in Telegram; without one, as anybody does in a browser."""
        data = init_data if init_data is not None else self.init_data(person, language=language) if person else None
        launch = {"tgWebAppData": data, "tgWebAppVersion": "9.1", "tgWebAppPlatform": "android"} if data else {}
        asked, behind = f"?{urlencode(query)}" if query else "", f"#{urlencode(launch)}" if launch else ""
        await tab.page.goto(f"{self.pages}/{page}{asked}{behind}", wait_until="commit")

    def client(self, **headers: str) -> httpx.AsyncClient:
        """A client that asks below the address of the pages. It is closed at the very end."""
        return httpx.AsyncClient(base_url=f"{self.pages}/", headers=headers, timeout=20, trust_env=False, verify=False)  # noqa: S501  # no certificates here

    async def signed_in(self, person: Person, *, language: str = "en") -> httpx.AsyncClient:
        """A client that has opened a session for a person."""
        client = await self.stack.enter_async_context(self.client())
        opened = await client.post("session", json={"init_data": self.init_data(person, language=language)})
        assert opened.status_code == 201, opened.text
        client.headers["Authorization"] = f"Bearer {opened.json()['data']['token']}"
        return client


@asynccontextmanager
async def open_place(settings: Settings) -> AsyncIterator[Place]:
    """Serve the application on a fresh database, with a bot in a sandbox."""
    async with open_town(settings) as town:
        with app_with(lambda _: nullcontext()) as app:
            app.state.runtime, app.state.limits = town.runtime, RateLimits(None, town.clock)
            async with free_port() as listener, served(app, listener):
                place = Place(town, f"http://127.0.0.1:{listener.getsockname()[1]}")
                async with place.stack:
                    yield place
            await app.state.limits.close()
