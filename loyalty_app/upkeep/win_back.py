"""Winning back: from 10 to 20 o'clock of each shop, customers away for long are given something, and told in the chat.

The rules, in words:
- Each day all customers with a card in a chat are walked through once, a part at a time, every shop in its turn. The
  walk is noted once it is over: a process that stops in the middle begins again, and finds only those who had nothing.
- The core says whether it is due, with the ledger at hand: two processes at once give it once.
- Gifts are given at the pace at which a bot can tell of them, a few together: a stamp hardly waits. While many cards
  wait to be shown, because nobody serves the bot or Telegram is slow, nothing more is given.

Absent customers are found in `customers/absent.py`. How a gift is told is not known here.
"""

import asyncio
from datetime import date, datetime, time
from functools import partial
from time import monotonic

import msgspec
from sqlalchemy import Connection, func, or_, select, update

from loyalty_app.chat.card_queue import SERVES
from loyalty_app.clock import Clock
from loyalty_app.counter import Caller, Counter
from loyalty_app.customers.absent import AbsentPart, absent_part
from loyalty_app.db.each_shard import ask_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business as business_table
from loyalty_app.db.tables import program, telegram_bot, telegram_card
from loyalty_app.shops.businesses import Business, business_of
from loyalty_app.shops.programs import read_program
from loyalty_app.upkeep.periodic import Every, Stop
from loyalty_core.errors import CustomerNotFound, LoyaltyError
from loyalty_core.ledger import SYSTEM
from loyalty_core.views import main_of
from loyalty_core.win_back import is_time_to_write, set_since

EVERY_SECONDS = 60
AT_ONCE = 5
"""How many gifts are given together. Why so few: a stamp waits for the gifts of its batch."""
PAUSE_SECONDS = 0.2
"""From the beginning of one group to that of the next: 25 gifts a second are nearly what a bot can tell."""
MOST_WAITING = 100
"""How many cards of a shop's bots may be due before it waits."""
PATIENCE = 30
"""How often it looks again, five pauses apart, until other shops have their turn."""


class _Walk(msgspec.Struct):
    """A walk through the customers of a shop: who it is about, when it began, and the last customer that was seen."""

    shop: Business
    after_days: int
    begun: datetime
    last: int = 0


class WinBacks:
    """Wins back the customers of all shops, until it is asked to stop.

    `pause` is the time from one group of gifts to the next, in seconds.
    """

    def __init__(self, database: Database, counter: Counter, clock: Clock, *, pause: float = PAUSE_SECONDS) -> None:
        self._database, self._counter, self._clock, self._pause = database, counter, clock, pause
        self._walks: dict[tuple[int, date], _Walk] = {}

    async def run(self, stop: Stop) -> None:
        """Give what is due in all shops, a part of each in turn. What failed in one is raised at the end."""
        left, failures = set[int](), list[LoyaltyError]()
        while walks := [walk for walk in await self._due() if walk.shop.id not in left]:
            for walk in walks:
                if stop.asked:
                    return
                if not await self._goes_on(walk, stop, failures):
                    left.add(walk.shop.id)
        if failures:
            raise failures[0]

    async def _goes_on(self, walk: _Walk, stop: Stop, failures: list[LoyaltyError]) -> bool:
        """The same as `_part`; no shop waits for another that cannot be served now."""
        try:
            return await self._part(walk, stop)
        except LoyaltyError as failure:
            failures.append(failure)
            return False

    async def _due(self) -> list[_Walk]:
        """The walks that are not over. One that is new begins at the beginning."""
        now, before = self._clock(), self._walks
        found = await ask_each_shard(self._database, lambda connection: _due(connection, now))
        self._walks = {key: before.get(key, walk) if _is_same(before.get(key), walk) else walk for key, walk in found}
        return list(self._walks.values())

    async def _part(self, walk: _Walk, stop: Stop) -> bool:
        """Give to those of the next part; False if the shop has to wait, or is done."""
        ask = partial(absent_part, business=walk.shop, after_days=walk.after_days, now=self._clock(), after=walk.last)
        part: AbsentPart | None = await self._database.read(ask)
        if part is None:
            await self._database.write(partial(_note, shop=walk.shop, begun=walk.begun))
            return False
        for first in range(0, len(part.customers), AT_ONCE):
            begun = monotonic()
            if not await self._may_give(walk.shop, stop):
                return False
            await self._give(walk.shop, part.customers[first : first + AT_ONCE])
            await stop.pause(max(0.0, self._pause - (monotonic() - begun)))
        walk.last = part.last
        return True

    async def _may_give(self, shop: Business, stop: Stop) -> bool:
        """Whether it is the time, and the chat keeps up; wait a while for that."""
        for _ in range(PATIENCE):
            now = self._clock()
            if stop.asked or not is_time_to_write(now.astimezone(shop.zone)):
                return False
            if sum(await ask_each_shard(self._database, partial(_waiting, shop=shop, now=now))) <= MOST_WAITING:
                return True
            await stop.pause(5 * self._pause)
        return False

    async def _give(self, shop: Business, customers: tuple[int, ...]) -> None:
        """Give to some at once; those who are gone, or are here again, are left out."""
        caller = Caller(business=shop, actor=SYSTEM)
        answers = (self._counter.give_win_back(caller, number) for number in customers)
        for answer in await asyncio.gather(*answers, return_exceptions=True):
            if isinstance(answer, BaseException) and not isinstance(answer, CustomerNotFound):
                raise answer


def _is_same(before: _Walk | None, walk: _Walk) -> bool:
    return before is not None and (before.shop, before.after_days) == (walk.shop, walk.after_days)


def _due(connection: Connection, now: datetime) -> list[tuple[tuple[int, date], _Walk]]:
    """The shops that win back, where it is time to write, and where today's walk is not over."""
    shop = business_table.c
    in_force = (program.c.business_id == shop.id) & (program.c.version == shop.program_version)
    giving = or_(program.c.win_back.is_not(None), shop.main_program_id.is_not(None))
    here = (shop.card_notices, shop.test_of.is_(None), shop.moved_to.is_(None))
    asked = select(business_table).join(program, in_force).where(giving, *here)
    found = ((business_of(row), row.won_back_at) for row in connection.execute(asked.order_by(shop.id)).all())
    walks = ((one.id, now.astimezone(one.zone), _walk(connection, one, done, now)) for one, done in found)
    return [((number, local.date()), walk) for number, local, walk in walks if walk is not None]


def _walk(connection: Connection, shop: Business, done: datetime | None, now: datetime) -> _Walk | None:
    """The walk of a shop for today; None if it is over, or if it is not the time for one."""
    local = now.astimezone(shop.zone)
    if not is_time_to_write(local):
        return None
    main = main_of(read_program(connection, shop.id))
    since, today = set_since(main), datetime.combine(local.date(), time(0), tzinfo=shop.zone)
    is_over = since is None or (done is not None and done >= today and done > since)
    return _Walk(shop, main.terms.win_back.after_days, now) if main.terms.win_back and not is_over else None


def _waiting(connection: Connection, *, shop: Business, now: datetime) -> list[int]:
    """How many cards of the bots of a shop are due, up to one more than may be."""
    bots = select(telegram_bot.c.bot_id).where(
        telegram_bot.c.removed_at.is_(None),
        or_(telegram_bot.c.business_id.is_(None), telegram_bot.c.business_id == shop.id),
    )
    due = select(telegram_card.c.user_id).where(telegram_card.c.bot_id.in_(bots), telegram_card.c.due_at <= now, SERVES)
    return [connection.scalar(select(func.count()).select_from(due.limit(MOST_WAITING + 1).subquery())) or 0]


def _note(connection: Connection, *, shop: Business, begun: datetime) -> None:
    at = business_table.c.won_back_at
    own = update(business_table).where(business_table.c.id == shop.id, or_(at.is_(None), at < begun))
    connection.execute(own.values(won_back_at=begun)).close()


def win_backs(database: Database, counter: Counter, clock: Clock) -> Every:
    """Look each minute for shops in which somebody can be won back."""
    return Every(EVERY_SECONDS, WinBacks(database, counter, clock).run, "customers could not be won back")
