"""A town: the sandbox, a bot that runs in this very process, and shops whose customers and staff have phones.

    async with open_town(settings) as town:
        shop = await town.open_shop()                       # Bean & Leaf; ask it as testkit/shop.py says
        ana = await town.hire(shop, "Ana", Role.STAFF)      # a Person who may stamp there
        lena = await town.person("Lena")
        await lena.start(f"j_{shop.business.slug}")         # returns once the bot has done all that follows from it

`restart` stops the bot and starts it again on the same data, as after an update of the program.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import Connection, func, select

from bots.supervisor import BotSupervisor, open_bots
from loyalty_app.clock import utc_now
from loyalty_app.db.tables import staff, telegram_card, telegram_update
from loyalty_app.ids import Kind
from loyalty_app.runtime import Runtime, open_runtime
from loyalty_app.settings import Settings
from loyalty_core.access import Plan, Role
from testkit.clocks import Clock
from testkit.concurrency import until
from testkit.people import Person
from testkit.sandbox import SandboxServer, open_sandbox
from testkit.shop import Shop, found

BOT = "stamp_bot"


class Town:
    """The sandbox, a process with the bots, and functions to add people and shops."""

    def __init__(self, sandbox: SandboxServer, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.sandbox, self.settings, self.clock = sandbox, settings, clock
        self.runtime: Runtime
        self.supervisor: BotSupervisor
        self._open = AsyncExitStack()
        sandbox.idle = self.idle

    async def start(self) -> None:
        """Open the process: database, counter, bots."""
        self.runtime = await self._open.enter_async_context(
            open_runtime(self.settings, clock=self.clock, delivering=False)
        )
        self.supervisor = await self._open.enter_async_context(open_bots(self.runtime))
        await until(self._there)

    async def stop(self) -> None:
        """Close the process, after it finished what was under way."""
        await self._open.aclose()

    async def restart(self) -> None:
        """Stop and start again."""
        await self.stop()
        await self.start()

    async def _there(self) -> bool:
        return await self.runtime.answers() and bool(self.supervisor.bots)

    async def idle(self) -> None:
        """Wait until all updates are handled and all cards are up to date."""
        await until(self._quiet)

    async def _quiet(self) -> bool:
        return self._idle and not await self.runtime.database.read(self._waiting) and self._idle

    @property
    def _idle(self) -> bool:
        return self.supervisor.intake.worker.idle and self.supervisor.card_worker.idle

    def _waiting(self, connection: Connection) -> int:
        updates = select(func.count()).select_from(telegram_update).where(telegram_update.c.done_at.is_(None))
        cards = select(func.count()).select_from(telegram_card).where(telegram_card.c.due_at <= self.clock())
        return int(connection.scalar(updates) or 0) + int(connection.scalar(cards) or 0)

    async def person(self, name: str, *, bot: str = BOT, language_code: str = "en", **more: str) -> Person:
        """Add a person with a phone."""
        return await self.sandbox.add_person(name, bot=bot, language_code=language_code, **more)

    async def open_shop(self, *, plan: Plan = Plan.PROFESSIONAL, timezone: str = "UTC", **terms: object) -> Shop:
        """Open Bean & Leaf, where ten stamps make a coffee, except for the given terms."""
        business = await found(self.runtime.database, plan=plan, timezone=timezone, **terms)
        return Shop(self.runtime.database, business, Clock(), self.runtime.counter)

    async def hire(self, shop: Shop, name: str, role: Role = Role.STAFF, *, bot: str = BOT, **more: str) -> Person:
        """Add a person with a phone who works at a shop and has started the chat with the bot."""
        person = await self.person(name, bot=bot, **more)
        await employ(shop, person, role)
        await person.start()
        return person

    async def employ(self, shop: Shop, person: Person, role: Role = Role.STAFF) -> int:
        """Add a person to the staff of a shop. Returns their staff id."""
        return await employ(shop, person, role)


async def employ(shop: Shop, person: Person, role: Role = Role.STAFF) -> int:
    """Add a person to the staff. Returns their staff id."""

    def work(connection: Connection) -> int:
        with shop.database.ids(connection) as ids:
            number = ids.take(Kind.STAFF)
        row = {
            "business_id": shop.business.id,
            "id": number,
            "name": person.first_name,
            "role": role.value,
            "created_at": utc_now(),
            "user_id": person.id,
        }
        shop.database.insert(connection, staff, [row])
        return number

    return await shop.database.write(work)


@asynccontextmanager
async def open_town(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> AsyncIterator[Town]:
    """A town with one shared bot, on an existing database."""
    async with open_sandbox() as sandbox:
        bot = await sandbox.add_bot(username=BOT, name="Stamps")
        chatting = replace(
            settings,
            telegram_token=bot["token"],
            telegram_api_url=sandbox.url,
            telegram_script_url=f"{sandbox.url}/js/telegram-web-app.js",
        )
        town = Town(sandbox, chatting, clock)
        await town.start()
        try:
            yield town
        finally:
            await town.stop()
