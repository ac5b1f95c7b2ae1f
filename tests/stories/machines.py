"""Machines: real processes on one PostgreSQL and one Redis, as a chain runs them: two APIs, two workers, a bot."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from loyalty_app.db.engine import open_database
from loyalty_app.settings import Settings
from testkit.clocks import Clock
from testkit.concurrency import until
from testkit.console import Console
from testkit.killed_bots import waiting_updates
from testkit.sandbox import SandboxServer, open_sandbox
from testkit.town import BOT
from testkit.warm_process import Process
from tests.api.till import Api, witness_of

PATIENCE_SECONDS = 60
THIS_MACHINE = "127.0.0.0/8"


class Machines:
    """What runs: the APIs as their clients see them, and the Telegram that the bot is connected to."""

    def __init__(self, apis: list[Api], sandbox: SandboxServer, processes: list[Process]) -> None:
        self.apis, self.sandbox, self.processes = apis, sandbox, processes

    async def quiet(self) -> None:
        """Wait until the bot has taken and handled all that people have done."""
        await self.sandbox.settle(BOT)
        await until(self._handled)

    async def _handled(self) -> bool:
        return not await self.apis[0].database.read(waiting_updates)

    def assert_all_alive(self) -> None:
        """Nobody has ended meanwhile."""
        assert [process.poll() for process in self.processes] == [None] * len(self.processes)


@asynccontextmanager
async def machines(folder: Path, settings: Settings, redis_url: str) -> AsyncIterator[Machines]:
    """Start all of them on a database; they are killed at the end."""
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(open_sandbox())
        bot = await sandbox.add_bot(username=BOT, name="Stamps")
        console = Console(folder, settings)
        console.environment |= {
            "LOYALTY_REDIS_URL": redis_url,
            "LOYALTY_WEBHOOK_ALLOW": THIS_MACHINE,
            "LOYALTY_TELEGRAM_API_URL": sandbox.url,
        }
        token = {"LOYALTY_TELEGRAM_TOKEN": bot["token"]}
        served = [stack.enter_context(console.serve("api")) for _ in range(2)]
        others = [stack.enter_context(console.start(*words, **token)) for words in (["worker"], ["worker"], ["bot"])]
        apis = [await stack.enter_async_context(asked(url, settings)) for _, url in served]
        yield Machines(apis, sandbox, [*(process for process, _ in served), *others])


@asynccontextmanager
async def asked(url: str, settings: Settings) -> AsyncIterator[Api]:
    """Ask a process over real connections."""
    database, limits = open_database(settings), httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=PATIENCE_SECONDS) as client:
        yield Api(client, database, Clock(), await witness_of(client))
    await database.close()
