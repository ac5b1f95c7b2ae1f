"""A till that goes on while its place is moved: it stamps all the time until the place takes nothing any more.

At the end it looks whether each stamp that was accepted is at the new place.
"""

import asyncio
import logging
import threading
from random import Random
from types import TracebackType
from typing import Self
from uuid import uuid4

from sqlalchemy import func, select

from loyalty_app.counter import Caller
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.tables import customer, transaction
from loyalty_app.runtime import Runtime, open_runtime
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import Business, list_businesses
from loyalty_core.errors import LoyaltyError
from loyalty_core.fields import CustomerId
from loyalty_core.ledger import SYSTEM
from loyalty_core.stamping import StampOrder

GUESTS = 1_000


class Till:
    """Stamps at a place, in a thread of its own, from when the block begins until it ends."""

    def __init__(self, place: Settings, *, a_second: float) -> None:
        self._place, self._pause = place, 1 / a_second if a_second else None
        self._orders = f"till {uuid4().hex[:8]} "
        """How the order numbers of its stamps begin."""
        self._begun, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._stamp()))
        self.accepted = self.refused = 0

    def __enter__(self) -> Self:
        """Begin; the first stamp has been tried."""
        self._thread.start()
        self._begun.wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    def check(self, there: Settings) -> None:
        """Look whether each stamp that was accepted is at the new place. Raises SystemExit if one is not."""
        arrived = asyncio.run(_count(there, self._orders))
        if arrived != self.accepted:
            message = f"{self.accepted} stamps were accepted during the move, and {arrived} have arrived."
            raise SystemExit(message)

    async def _stamp(self) -> None:
        if self._pause is None:
            self._begun.set()
            return
        logging.getLogger("loyalty_app").setLevel(logging.CRITICAL)  # it tells that its place was closed, as meant here
        async with open_runtime(self._place, delivering=False) as held:
            guests, dice = await _guests(held.database), Random(1)  # dice, not secrets
            while not await asyncio.to_thread(self._ended.wait, self._pause):
                await self._try(held, *dice.choice(guests))
                self._begun.set()

    async def _try(self, held: Runtime, shop: Business, customer_id: CustomerId) -> None:
        order = StampOrder(order_ref=f"{self._orders}{self.accepted + self.refused}")
        try:
            await held.counter.give_stamp(Caller(business=shop, actor=SYSTEM), customer_id, order)
        except LoyaltyError:
            self.refused += 1
        else:
            self.accepted += 1


async def _guests(database: Database) -> list[tuple[Business, CustomerId]]:
    """Some customers of each shop."""
    found = []
    for shop in await list_businesses(database):
        own = select(customer.c.id).where(customer.c.business_id == shop.id).order_by(customer.c.id).limit(GUESTS)
        found += [(shop, number) for number in await database.read(lambda c, own=own: list(c.scalars(own)))]  # type: ignore[misc]  # bound
    return found


async def _count(there: Settings, orders: str) -> int:
    """How many stamps with such order numbers are at a place."""
    ours = select(func.count()).where(transaction.c.order_ref.startswith(orders))
    database = open_database(there, unhurried=True)
    try:
        return await database.read(lambda connection: connection.scalar(ours)) or 0
    finally:
        await database.close()
