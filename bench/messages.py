"""Messages to many: how long a press of [+1] takes while thousands are told that they are missed, and without that.

One server with a bot does everything: it serves the presses of a few of the staff, gives what wins people back, and
tells each of them in their chat. First the staff press alone, then the owner switches winning back on, and they go on
until the last message has left, or none has for half a minute. The people, their chats and Telegram are in this
process (the sandbox). Only SQLite: there all work shares one process and one writer, which is the harder case.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from random import Random

from sqlalchemy import func, select

from bench.chat import KEY, OURS, Pair, Phone, p95, running
from bench.databases import fresh_databases
from bench.goals import Line, at_least, at_most, found
from bench.rounds import keep
from loyalty_app.chat.bots import BotRecord, new_secret, register
from loyalty_app.chat.card_queue import repaint
from loyalty_app.clock import utc_now
from loyalty_app.counter import Caller, Counter
from loyalty_app.counter.orders import Holder
from loyalty_app.db.engine import open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.db.tables import telegram_card
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import Business, NewBusiness, first_terms, open_business
from loyalty_app.shops.invites import accept, invite
from loyalty_app.shops.programs import change_program
from loyalty_app.vault import Vault
from loyalty_core.access import Plan, Role
from loyalty_core.customers import Profile
from loyalty_core.gifts import WinBack
from loyalty_core.ledger import SYSTEM
from loyalty_core.programs import ProgramChange
from loyalty_core.stamping import StampOrder
from telegram_sandbox.world import World
from testkit.sandbox import open_sandbox
from testkit.servers import free_port

PEOPLE, STAFF, QUIET_SECONDS = 10_000, 4, 60.0
PAUSE_SECONDS = (1.5, 3.0)
GOAL_MS, PACE, PATIENCE_SECONDS, SILENCE_SECONDS = 50.0, 30.0, 3_600.0, 30.0
AWAY = timedelta(days=40)
AT_ONCE = 200
SERVE = [*OURS[:-1], "serve", "--port"]
MISSED = "has missed you"


class Street:
    """A shop whose bot has many absent customers in their chats, and a few of the staff who stamp others."""

    def __init__(self, world: World, settings: Settings) -> None:
        self.world, self.bot, self.database = world, world.add_bot(), open_database(settings)
        self.past = utc_now() - AWAY
        self.counter = Counter(self.database, clock=lambda: self.past)
        self.business: Business

    async def furnish(self, people: int) -> list[Pair]:
        """Open the shop, where it is afternoon. Returns the staff, each with the payload of a card to stamp."""
        east = 14 - datetime.now(UTC).hour
        new = NewBusiness(name="Bench", plan=Plan.ENTERPRISE, timezone=f"Etc/GMT{-east:+d}" if east else "UTC")
        self.business = await open_business(self.database, new, first_terms(100, "A coffee", self.past))
        record = BotRecord(bot_id=self.bot.id, business_id=None, username=self.bot.username, secret=new_secret())
        await register(self.database, Vault(KEY), record, now=utc_now())
        for first in range(0, people, AT_ONCE):
            await asyncio.gather(*(self._absent() for _ in range(first, min(people, first + AT_ONCE))))
        shown = telegram_card.update().values(due_at=None, message_id=1)
        await self.database.write(lambda connection: connection.execute(shown).close())
        return [await self._pair() for _ in range(STAFF)]

    async def _absent(self) -> None:
        """Somebody who was there twice; their card hangs in the chat."""
        person, caller = self.world.add_person("Lena"), Caller(business=self.business, actor=SYSTEM)
        chat = self.world.chat(self.bot, person)
        chat.started = True
        chat.add({"photo": [], "caption": "The card"}, by_bot=True, date=int(time.time()))
        joined = await self.counter.join(caller, Profile(name="Lena"), holder=Holder(self.bot.id, person.id))
        for _ in range(2):
            await self.counter.give_stamp(caller, joined.outcome.id, StampOrder(stamps=1))

    async def _pair(self) -> Pair:
        ana, lena, counter = self.world.add_person("Ana"), self.world.add_person("Lena"), Counter(self.database)
        self.world.chat(self.bot, lena).started = True
        payload = await invite(self.database, self.business.id, Role.STAFF, now=utc_now())
        await accept(self.database, payload, user_id=ana.id, name="Ana", now=utc_now())
        caller, holder = Caller(business=self.business, actor=SYSTEM), Holder(self.bot.id, lena.id)
        code = (await counter.join(caller, Profile(name="Lena"), holder=holder)).outcome.qr_code
        await counter.close()
        return Phone(self.world, self.world.chat(self.bot, ana)), f"c_{code}"

    async def switch_on(self) -> None:
        """The owner wins back who is away."""
        change = ProgramChange(win_back=WinBack(after_days=30, stamps=2))
        await change_program(self.database, self.business.id, change, now=utc_now(), repaint=repaint)

    async def marked(self) -> int:
        """How many chats the server has marked as told."""
        told = select(func.count()).where(telegram_card.c.told_gift.is_not(None))
        return await self.database.read(lambda connection: connection.scalar(told) or 0)

    async def close(self) -> None:
        """Close what was opened."""
        await self.counter.close()
        await self.database.close()


class Told:
    """Watches the calls of the bot: how many messages to many have left, and when the first and the last one did."""

    def __init__(self, world: World) -> None:
        self.world, self._seen, self.count = world, 0, 0
        self.people = set[int]()
        self.marked = 0
        self.began = self.ended = 0.0

    def look(self) -> int:
        """Count the calls since the last look; return how many messages that were in all."""
        new = list(takewhile(lambda call: call["n"] > self._seen, reversed(self.world.calls)))
        self._seen = new[0]["n"] if new else self._seen
        for call in new:
            if MISSED in str(call["params"].get("text")):
                self.count += 1
                self.people.add(call["params"]["chat_id"])
                self.ended = time.monotonic()
                self.began = self.began or self.ended
        return self.count


async def press_until(staff: Sequence[Pair], over: "asyncio.Event", dice: Random) -> list[float]:
    """Everybody presses again and again until it is over; the milliseconds of each press."""

    async def work(phone: Phone) -> list[float]:
        taken = []
        while not over.is_set():
            await asyncio.sleep(dice.uniform(*PAUSE_SECONDS))
            taken.append(await phone.press_first())
        return taken

    return [one for each in await asyncio.gather(*(work(phone) for phone, _ in staff)) for one in each]


async def measure(settings: Settings, people: int) -> tuple[list[float], list[float], Told]:
    """The presses without messages and with them, and what was told."""
    dice = Random(4)  # pauses, no secrets
    async with open_sandbox() as sandbox:
        street = Street(sandbox.world, settings)
        staff = await street.furnish(people)
        port = str(free_port())
        async with running([*SERVE, port], street.bot, sandbox.url, LOYALTY_DATABASE_URL=settings.database_url):
            for phone, payload in staff:
                await phone.open(payload)
                await phone.press_first()  # not counted: the first press of a process loads fonts and statements
            quiet = await _quiet(staff, dice)
            told = Told(sandbox.world)
            await street.switch_on()
            loud = await _loud(staff, told, people, dice)
            told.marked = await street.marked()
        await street.close()
    return quiet, loud, told


async def _quiet(staff: Sequence[Pair], dice: Random) -> list[float]:
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(QUIET_SECONDS, over.set)
    return await press_until(staff, over, dice)


async def _loud(staff: Sequence[Pair], told: Told, people: int, dice: Random) -> list[float]:
    """The presses from the first message on, until everybody was told."""
    await told.world.changed.until(lambda: told.look() > 0, PATIENCE_SECONDS)
    over = asyncio.Event()

    async def watch() -> None:
        more = True
        while more and told.count < people:  # one that may have arrived is not sent again: then the last never comes
            before = told.count
            more = await told.world.changed.until(lambda: told.look() > before, SILENCE_SECONDS)  # noqa: B023
        over.set()

    watching = asyncio.create_task(watch())
    taken = await press_until(staff, over, dice)
    await watching
    return taken


def report(quiet: list[float], loud: list[float], told: Told) -> None:
    """Print the times, their ratio, and the pace."""
    pace = told.count / max(told.ended - told.began, 1.0)
    print(f"{'milliseconds from press to screen':<34}{'presses':>8}{'p50':>8}{'p95':>8}{'max':>8}")
    for name, values in (("without messages", quiet), ("with messages", loud)):
        print(f"{name:<34}{len(values):>8}{statistics.median(values):>8.1f}{p95(values):>8.1f}{max(values):>8.1f}")
    seconds = told.ended - told.began
    print(f"{told.count} messages in {seconds:.0f} s, {pace:.1f} a second, to {len(told.people)} people")
    goals: list[Line] = [
        at_most("press while messages leave, p95 ms", p95(loud), GOAL_MS),
        found("the same, × without messages", p95(loud) / p95(quiet)),
        at_most("messages a second", pace, PACE),
        at_least("people told once, of all messages", len(told.people) / told.count, 1.0),
        at_most("marked as told, and never seen here", told.marked - len(told.people), 0),
    ]
    for goal in goals:
        print(f"{goal.what:<40}{goal.reached:>10}  {goal.wanted}")
    keep("messages", {"people": len(told.people), "goals": [{"what": g.what, "reached": g.reached} for g in goals]})


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table."""
    about = "How long a press takes while many are written to."
    parser = argparse.ArgumentParser(prog="python -m bench.messages", description=about)
    parser.add_argument("--people", type=int, default=PEOPLE)
    people = parser.parse_args(arguments).people
    with fresh_databases() as settings:
        chosen = settings["SQLite"]
        migrate(chosen)
        report(*asyncio.run(measure(chosen, people)))


if __name__ == "__main__":
    main(sys.argv[1:])
