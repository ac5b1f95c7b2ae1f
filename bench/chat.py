"""The chat: the time from a press of [+1] until the screen shows it.

Twelve of the staff press at the same time, each once in about a second, over the sandbox; every customer holds the card
in a chat of their own, which is kept up to date meanwhile. In turn with it, a bare bot of the same library edits its
message and answers the press, with no database and no rules. The sandbox and the people are in this process, each bot
has its own. The time runs from the update that Telegram has to the edit that has arrived there.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random

import msgspec
from msgspec.structs import replace

from bench.databases import fresh_databases
from bench.goals import at_most
from bench.rounds import keep
from loyalty_app.clock import utc_now
from loyalty_app.counter import Caller, Counter
from loyalty_app.counter.orders import Holder
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import Business, NewBusiness, first_terms, open_business
from loyalty_app.shops.invites import accept, invite
from loyalty_core.access import Plan, Role
from loyalty_core.customers import Profile
from loyalty_core.ledger import SYSTEM
from telegram_sandbox.chats import Chat, Message
from telegram_sandbox.people import Bot
from telegram_sandbox.phones import press, start
from telegram_sandbox.world import World
from testkit.sandbox import SandboxServer, open_sandbox

STAFF, PRESSES, ROUNDS, PATIENCE_SECONDS = 12, 8, 3, 30.0
PAUSE_SECONDS = (0.8, 1.4)
GOAL_MS = 50.0
KEY = "only for this run"
BARE_BOT = [sys.executable, "-m", "bench.bare_bot"]
OURS = [sys.executable, "-m", "loyalty_cli", "bot"]


class Phone(msgspec.Struct):
    """A person's chat with a bot, seen from inside the sandbox."""

    world: World
    chat: Chat

    async def wait(self, fulfilled: Callable[[], bool]) -> None:
        """Wait until the chat shows something."""
        if not await self.world.changed.until(fulfilled, PATIENCE_SECONDS):
            message = f"{self.chat.bot.username} does not answer"
            raise SystemExit(message)

    @property
    def screen(self) -> Message:
        """The last message of the bot."""
        return [message for message in self.chat.messages.values() if message.by_bot][-1]

    async def open(self, payload: str) -> None:
        """Open a link, and wait for the screen."""
        start(self.world, self.chat, payload)
        await self.wait(lambda: any(message.by_bot and message.keyboard for message in self.chat.messages.values()))

    async def press_first(self) -> float:
        """Press the first button, and wait until the text changes. Returns the milliseconds."""
        screen, said = self.screen, self.screen.content["text"]
        begin = time.perf_counter()
        press(self.world, self.chat, screen.id, screen.keyboard[0][0]["callback_data"] if screen.keyboard else "")
        await self.wait(lambda: screen.content["text"] != said)
        return (time.perf_counter() - begin) * 1_000


Pair = tuple[Phone, str]
"""A person's phone, and the payload of the link that they open."""


async def furnish(settings: Settings, world: World, bot: Bot) -> list[Pair]:
    """Open a shop. Returns its staff, each with the payload of a card to stamp, which is in its customer's chat."""
    database = open_database(settings)
    new = NewBusiness(name="Bench", plan=Plan.ENTERPRISE)
    business = await open_business(database, new, first_terms(100, "A coffee", utc_now()))
    counter = Counter(database)
    people = [await _pair(world, bot, database, counter=counter, business=business) for _ in range(STAFF)]
    await counter.close()
    await database.close()
    return people


async def _pair(world: World, bot: Bot, database: Database, *, counter: Counter, business: Business) -> Pair:
    """One of the staff, and the payload of their customer's card."""
    ana, lena = world.add_person("Ana"), world.add_person("Lena")
    world.chat(bot, lena).started = True
    payload = await invite(database, business.id, Role.STAFF, now=utc_now())
    await accept(database, payload, user_id=ana.id, name="Ana", now=utc_now())
    caller, holder = Caller(business=business, actor=SYSTEM), Holder(bot.id, lena.id)
    joined = await counter.join(caller, Profile(name="Lena"), holder=holder)
    code = joined.outcome.qr_code
    return Phone(world, world.chat(bot, ana)), f"c_{code}"


@asynccontextmanager
async def running(command: list[str], bot: Bot, url: str, **more: str) -> AsyncIterator[None]:
    """A bot as a process of its own, until the end of the block."""
    environment = {
        **os.environ,
        "LOYALTY_TELEGRAM_TOKEN": bot.token,
        "LOYALTY_TELEGRAM_API_URL": url,
        "LOYALTY_SECRET_KEY": KEY,
        **more,
    }
    process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def press_all(people: list[Pair], dice: Random) -> list[float]:
    """Everybody opens a card, presses once to warm up, and then repeatedly; the milliseconds of each press."""

    async def work(phone: Phone, payload: str) -> list[float]:
        await phone.open(payload)
        await phone.press_first()  # not counted: the first press of a process loads fonts and statements
        taken = []
        for _ in range(PRESSES):
            await asyncio.sleep(dice.uniform(*PAUSE_SECONDS))
            taken.append(await phone.press_first())
        return taken

    return [one for each in await asyncio.gather(*(work(*pair) for pair in people)) for one in each]


async def measure_ours(sandbox: SandboxServer, world: World, settings: Settings, dice: Random) -> list[float]:
    """A round of our bot on a database."""
    bot = world.add_bot()
    people = await furnish(settings, world, bot)
    async with running(OURS, bot, sandbox.url, LOYALTY_DATABASE_URL=settings.database_url):
        return await press_all(people, dice)


async def measure_bare_bot(sandbox: SandboxServer, world: World, dice: Random) -> list[float]:
    """A round of the bare bot."""
    bot = world.add_bot()
    people = [(Phone(world, world.chat(bot, world.add_person("Ana"))), "") for _ in range(STAFF)]
    async with running(BARE_BOT, bot, sandbox.url):
        return await press_all(people, dice)


async def measure(settings: dict[str, Settings], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of every press, by bot and database; the rounds are interleaved."""
    taken: dict[str, list[float]] = {name: [] for name in ("bare bot", *settings)}
    dice = Random(4)  # pauses, no secrets
    async with open_sandbox() as sandbox:  # one for all rounds, so that no id comes twice
        for _ in range(rounds):
            taken["bare bot"] += await measure_bare_bot(sandbox, sandbox.world, dice)
            for name, chosen in settings.items():
                taken[name] += await measure_ours(sandbox, sandbox.world, chosen, dice)
    return taken


def report(taken: dict[str, list[float]]) -> None:
    """Print the times, and their ratios to the bare bot's."""
    bare = statistics.median(taken["bare bot"])
    print(f"{'milliseconds from press to screen':<34}{'p50':>8}{'p95':>8}{'max':>8}{'× bare':>9}")
    for name, values in taken.items():
        middle, late = statistics.median(values), p95(values)
        print(f"{name:<34}{middle:>8.1f}{late:>8.1f}{max(values):>8.1f}{middle / bare:>9.2f}")
    lates = {name: round(p95(values), 1) for name, values in taken.items()}
    goals = [
        at_most(f"{name}: from press to screen, p95 ms", late, GOAL_MS)
        for name, late in lates.items()
        if name != "bare bot"
    ]
    keep("chat", {"staff": STAFF, "p95_ms": lates, "goals": msgspec.to_builtins(goals)})


def p95(values: list[float]) -> float:
    """The time that 95 of 100 presses stay below."""
    return statistics.quantiles(values, n=20)[-1]


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table and one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.chat", description="How soon a press of a button shows.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    with fresh_databases() as settings:
        kept = {name: replace(chosen, secret_key=KEY) for name, chosen in settings.items()}
        for chosen in kept.values():
            migrate(chosen)
        report(asyncio.run(measure(kept, rounds)))


if __name__ == "__main__":
    main(sys.argv[1:])
