"""The sandbox as a server of this process, with functions to add bots and people and to order faults.

    async with open_sandbox() as sandbox:
        bot = await sandbox.add_bot(username="stamp_bot")
        …                                    # let a bot run with bot["token"], at sandbox.url
        sandbox.idle = running_bot.idle      # an async function that returns when it has nothing under way
        ana = await sandbox.add_person("Ana", bot="stamp_bot")

What people do on a phone is in `people`.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
from litestar import Litestar
from telegram import Bot
from telegram.request import HTTPXRequest

from telegram_sandbox import World, create_sandbox
from testkit.bot_api import check_calls
from testkit.direct_call import call
from testkit.direct_requests import served_directly
from testkit.http_server import free_port, served
from testkit.people import Person
from testkit.sandbox_control import PATIENCE_SECONDS, SandboxControl
from testkit.screens import Json

Forgiven = tuple[int, list[Json]]


class SandboxServer(SandboxControl):
    """A sandbox that runs in this process."""

    def __init__(self, url: str, client: httpx.AsyncClient, app: Litestar) -> None:
        super().__init__(url, client)
        self.app = app
        self.world: World = app.state.world
        self.forgiven: Forgiven = 0, []

    async def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401  # JSON is anything
        """Read from the control API, without a connection."""
        return await call(self.app, "GET", f"{self.url}/{path}", query)

    async def post(self, path: str, body: Json) -> Any:  # noqa: ANN401  # JSON is anything
        """Let the control API do something, without a connection."""
        return await call(self.app, "POST", f"{self.url}/{path}", {}, body)

    async def add_bot(self, *, token: str | None = None, username: str | None = None, name: str | None = None) -> Json:
        """Add a bot. Returns its id, token, username and name."""
        known: Json = await self.post("control/bots", {"token": token, "username": username, "name": name})
        return known

    def client_of(self, bot: Json) -> Bot:
        """A client of the Bot API, for a test that acts as the bot."""
        requests = [HTTPXRequest(httpx_kwargs={"verify": False}) for _ in range(2)]  # certificates take long to load
        return Bot(
            bot["token"],
            base_url=f"{self.url}/bot",
            base_file_url=f"{self.url}/file/bot",
            request=requests[0],
            get_updates_request=requests[1],
        )

    async def add_person(self, first_name: str, *, bot: str, **more: str) -> Person:
        """Add a person who looks at the chat with a bot; more: last_name, username, language_code, phone."""
        return Person(self, await self.post("control/people", {"first_name": first_name, **more}), bot)

    async def order_fault(self, bot: str, kind: str, **more: Any) -> None:  # noqa: ANN401  # fields of `Fault`
        """Make the bot's next calls fail."""
        await self.post("control/faults", {"bot": bot, "kind": kind, **more})

    async def redeliver(self, bot: str, update_id: int | None = None) -> int:
        """Send the last update, or a named one, again under a new id, and wait until it is handled."""
        sent = await self.post("control/redeliver", {"bot": bot, "update_id": update_id})
        await self.settle(bot)
        again: int = sent["update_id"]
        return again

    async def pass_time(self, seconds: float) -> None:
        """Set the sandbox's clock forward."""
        await self.post("control/clock", {"seconds": seconds})

    async def calls(self, bot: str = "", *, since: int = 0, method: str | None = None) -> list[Json]:
        """The calls of a bot, or of all; of one method, or of all."""
        known: list[Json] = await self.get("control/calls", bot=bot, since=since)
        return [call for call in known if method in {None, call["method"]}]

    async def forgive(self) -> None:
        """Exclude all calls until now from the check: a test made them wrong on purpose."""
        known = await self.calls()
        self.forgiven = known[-1]["n"] if known else 0, await self.unknown()

    async def check(self) -> None:
        """Fail unless all calls after `forgive` are as Telegram describes them, and the sandbox knows them."""
        since, unknown = self.forgiven
        asked = [each for each in await self.unknown() if each not in unknown]
        assert not asked, f"the sandbox does not know {asked}"
        check_calls(await self.calls(since=since))

    async def unknown(self) -> list[Json]:
        """Methods and parameters that a bot used and the sandbox does not know."""
        known: list[Json] = await self.get("control/unknown")
        return known


IDLE_APPS: list[Litestar] = []


@contextmanager
def app_with(world: World) -> Iterator[Litestar]:
    """An application that serves a world, for one user at a time. It is used again, because making one takes long."""
    app = IDLE_APPS.pop() if IDLE_APPS else create_sandbox()
    app.state.world = world
    yield app
    IDLE_APPS.append(app)


@asynccontextmanager
async def open_sandbox() -> AsyncIterator[SandboxServer]:
    """An empty sandbox on a free port of this machine."""
    world = World()
    with app_with(world) as app:
        async with _reached(app, world) as server:
            yield server


@asynccontextmanager
async def _reached(app: Litestar, world: World) -> AsyncIterator[SandboxServer]:
    """Serve a sandbox, over a connection and without one; its world stops before its connections end."""
    async with free_port() as listener, served(app, listener):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = httpx.AsyncClient(base_url=url, timeout=2 * PATIENCE_SECONDS, verify=False)  # noqa: S501  # no certificates here
        with served_directly(url, app):
            async with client:
                yield SandboxServer(url, client, app)
        await world.stop()
