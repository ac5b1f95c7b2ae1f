"""A webhook on this machine that answers as it is told, and holds what came."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

PATIENCE_SECONDS = 30


class Delivery(NamedTuple):
    """An update that came, and the secret that came with it."""

    update: dict[str, Any]
    secret: str | None


class Hook:
    """Answers with the statuses it was given, one after the other, then 200."""

    def __init__(self, *statuses: int) -> None:
        self.statuses, self.url = list(statuses), ""
        self.deliveries: asyncio.Queue[Delivery] = asyncio.Queue()

    async def take(self, request: web.Request) -> web.Response:
        """One delivery."""
        update = msgspec.json.decode(await request.read())
        self.deliveries.put_nowait(Delivery(update, request.headers.get("X-Telegram-Bot-Api-Secret-Token")))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def next(self) -> Delivery:
        """Wait for the next delivery."""
        return await asyncio.wait_for(self.deliveries.get(), PATIENCE_SECONDS)


@asynccontextmanager
async def open_hook(*statuses: int) -> AsyncIterator[Hook]:
    """Listen at a free port of this machine."""
    hook, app = Hook(*statuses), web.Application()
    app.router.add_post("/hook", hook.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    hook.url = f"http://{host}:{port}/hook"
    yield hook
    await runner.cleanup()
