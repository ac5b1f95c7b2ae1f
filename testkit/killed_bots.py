"""Killing the bot: a real `loyalty bot` that is killed while people press, and started again.

A short test and the long run in `bench/kills.py` use it.
"""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from sqlalchemy import Connection, func, select

from bots.buttons import SECOND_TAP_SECONDS
from loyalty_app.db.engine import open_database
from loyalty_app.db.tables import telegram_update
from loyalty_app.settings import Settings
from loyalty_core.access import Role
from testkit.audit import assert_books_balance
from testkit.clocks import Clock
from testkit.concurrency import until
from testkit.people import Person
from testkit.sandbox import SandboxServer
from testkit.shop import Shop, found
from testkit.town import BOT, employ

COMMAND = ("-m", "loyalty_cli", "bot")
LONGEST_LIFE_SECONDS = 0.06


class KillableBot:
    """A bot that is killed and started again and again."""

    def __init__(self, sandbox: SandboxServer, settings: Settings, token: str) -> None:
        self.sandbox, self.database = sandbox, open_database(settings)
        self._environment = {
            **os.environ,
            "LOYALTY_DATABASE_URL": settings.database_url,
            "LOYALTY_SECRET_KEY": settings.secret_key or "",
            "LOYALTY_TELEGRAM_TOKEN": token,
            "LOYALTY_TELEGRAM_API_URL": sandbox.url,
        }
        self._process: Process | None = None

    async def start(self) -> None:
        """Start it, unless it runs."""
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, *COMMAND, env=self._environment, stdout=DEVNULL, stderr=DEVNULL
            )

    async def kill(self) -> None:
        """Kill it without warning."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None

    async def settled(self) -> None:
        """Wait until it has taken and handled all updates."""
        self.sandbox.attended = True
        await self.sandbox.settle(BOT)
        self.sandbox.attended = False
        await until(self._quiet)

    async def _quiet(self) -> bool:
        return not await self.database.read(waiting_updates)

    async def close(self) -> None:
        """Stop everything that runs."""
        await self.kill()
        await self.database.close()


def waiting_updates(connection: Connection) -> int:
    """How many updates wait to be handled."""
    waiting = select(func.count()).select_from(telegram_update).where(telegram_update.c.done_at.is_(None))
    return int(connection.scalar(waiting) or 0)


class Stamper:
    """A member of the staff with a phone, and the card that they stamp."""

    def __init__(self, shop: Shop, staff: Person, customer_id: int) -> None:
        self.shop, self.staff, self.customer_id = shop, staff, customer_id
        self.pressed = 0

    async def press(self) -> None:
        """Press [+1] on the newest screen, after the time that a person needs to read it."""
        await asyncio.sleep(SECOND_TAP_SECONDS)
        await self.staff.press("+1")
        self.pressed += 1

    async def stamps(self) -> int:
        """The number of stamps on the card in all."""
        return (await self.shop.customer(self.customer_id)).card.total_stamps


@asynccontextmanager
async def open_stamper(sandbox: SandboxServer, settings: Settings) -> AsyncIterator[tuple[KillableBot, Stamper]]:
    """A shop with one customer and one of the staff, whose screen shows the customer's card."""
    made = await sandbox.add_bot(username=BOT)
    bot = KillableBot(sandbox, settings, made["token"])
    try:
        stamper = await _open(bot)
        yield bot, stamper
        await stamper.shop.counter.close()
    finally:
        await bot.close()


async def _open(bot: KillableBot) -> Stamper:
    shop = Shop(bot.database, await found(bot.database), Clock())
    lena = await shop.join()
    ana = await bot.sandbox.add_person("Ana", bot=BOT)
    await employ(shop, ana, Role.STAFF)
    bot.sandbox.attended = False
    await bot.start()
    await ana.say(lena.qr_code)
    await bot.settled()
    return Stamper(shop, ana, lena.id)


async def press_and_kill(bot: KillableBot, stamper: Stamper, dice: Random) -> None:
    """Press, let the bot live for a moment, kill it, and start it again. The press must count exactly once."""
    await stamper.press()
    await asyncio.sleep(dice.uniform(0, LONGEST_LIFE_SECONDS))
    await bot.kill()
    await bot.start()
    await bot.settled()
    assert await stamper.stamps() == stamper.pressed


async def check(stamper: Stamper) -> None:
    """Assert that the books balance, and that no press was lost or doubled."""
    assert await stamper.stamps() == stamper.pressed
    assert len(await stamper.shop.ledger()) == stamper.pressed
    await assert_books_balance(stamper.shop)
