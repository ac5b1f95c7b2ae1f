"""A shop on a real database: asks the counter as a till does, and reads back what is stored."""

from typing import Any

from msgspec.structs import replace
from sqlalchemy import Row, Table, select

from loyalty_app.chat.card_queue import repaint
from loyalty_app.counter import Caller, Counter
from loyalty_app.counter.orders import CustomerRef
from loyalty_app.customers.lists import find_customer
from loyalty_app.db import tables
from loyalty_app.db.engine import Database
from loyalty_app.db.rows import customer_of, entry_of, reward_of
from loyalty_app.shops.api_key_check import ApiKeys, KeyHolder
from loyalty_app.shops.businesses import Business, NewBusiness, open_business
from loyalty_app.shops.further_programs import with_cards
from loyalty_app.shops.programs import change_program, read_program
from loyalty_app.shops.several_programs import ProgramDeed, change_programs
from loyalty_app.vault import Vault
from loyalty_core.access import Plan
from loyalty_core.customers import Customer, Profile, ProfileChange, ShownCode
from loyalty_core.fields import TransactionId
from loyalty_core.ledger import Actor, Entry
from loyalty_core.outcomes import Erased, Merged, Redeemed, Stamped, Unmerged, Voided
from loyalty_core.programs import NewProgram, Program, ProgramChange
from loyalty_core.rewards import Reward
from loyalty_core.rotating_codes import seal_of, step_at
from loyalty_core.stamping import RedeemOrder, StampOrder
from loyalty_core.views import CustomerView, program_number
from testkit.builders import TILL, a_program
from testkit.clocks import Clock
from testkit.console import A_KEY

VAULT = Vault(A_KEY)


class Shop:
    """A business with its counter. Each verb asks the counter, as a till with an API key, and returns the outcome."""

    def __init__(self, database: Database, business: Business, clock: Clock, counter: Counter | None = None) -> None:
        self.database, self.business, self.clock = database, business, clock
        self.counter = counter or Counter(database, clock=clock, code_keys=VAULT.code_keys)

    def caller(self, key: str | None = None, by: Actor = TILL) -> Caller:
        return Caller(business=self.business, actor=by, key=key)

    def code(self, qr_code: str, *, steps: int = 0) -> ShownCode:
        """The rotating code that a card shows now, or some steps later."""
        key = VAULT.code_keys(self.business.id)[0]
        return ShownCode(qr_code, seal_of(qr_code, step_at(self.clock.now) + steps, key))

    async def join(
        self, name: str = "Lena", *, key: str | None = None, opening_stamps: int | None = None, **profile: object
    ) -> CustomerView:
        about = replace(Profile(name=name), **profile)
        return (await self.counter.join(self.caller(key), about, opening_stamps=opening_stamps)).outcome

    async def stamp(
        self,
        customer: CustomerRef | ShownCode,
        stamps: int = 1,
        *,
        key: str | None = None,
        by: Actor = TILL,
        **order: object,
    ) -> Stamped:
        wanted = replace(StampOrder(stamps=stamps), **order)
        return (await self.counter.give_stamp(self.caller(key, by), customer, wanted)).outcome

    async def redeem(
        self, customer: CustomerRef | ShownCode, reward_id: int | None = None, *, key: str | None = None
    ) -> Redeemed:
        order = RedeemOrder(reward_id=reward_id)
        return (await self.counter.redeem(self.caller(key), customer, order)).outcome

    async def void(
        self,
        transaction_id: int,
        *,
        key: str | None = None,
        by: Actor = TILL,
        reason: str | None = None,
        stamps: int | None = None,
    ) -> Voided:
        target = TransactionId(transaction_id)
        return (await self.counter.void(self.caller(key, by), target, reason=reason, stamps=stamps)).outcome

    async def update(self, customer: CustomerRef, *, key: str | None = None, **change: object) -> CustomerView:
        wanted = replace(ProfileChange(), **change)
        return (await self.counter.change_profile(self.caller(key), customer, wanted)).outcome

    async def merge(self, customer: CustomerRef, other: CustomerRef, *, key: str | None = None) -> Merged:
        return (await self.counter.merge(self.caller(key), customer, other)).outcome

    async def unmerge(self, customer: CustomerRef, other: CustomerRef, *, key: str | None = None) -> Unmerged:
        return (await self.counter.unmerge(self.caller(key), customer, other)).outcome

    async def erase(self, customer: CustomerRef, *, key: str | None = None) -> Erased:
        return (await self.counter.erase(self.caller(key), customer)).outcome

    async def hire(self, *people: Actor, **values: object) -> None:
        """Add people to the staff, with their own ids and roles."""
        rows = [
            {
                "business_id": self.business.id,
                "id": person.id,
                "name": person.name,
                "role": str(person.role),
                "created_at": self.clock.now,
                **values,
            }
            for person in people
        ]
        await self.database.write(lambda connection: self.database.insert(connection, tables.staff, rows))

    async def change(self, **asked: object) -> Program:
        """Change the program, as the owner does."""
        wanted = replace(ProgramChange(), **asked)
        return await change_program(self.database, self.business.id, wanted, now=self.clock.now, repaint=repaint)

    async def change_of(self, number: int, **asked: object) -> Program:
        """Change the program of that number."""
        wanted = replace(ProgramChange(), **asked)
        which = (self.business.id, number)
        return await change_program(self.database, which, wanted, now=self.clock.now, repaint=repaint)

    async def make_program(self, title: str | None = None, **terms: object) -> int:
        """One more program, as the owner makes it; its number."""
        new = replace(NewProgram(title=title, stamps_required=10, reward_description="A salad"), **terms)
        made = await self.programs_deed(make=new)
        return program_number(self.business.id, made.id)

    async def programs_deed(self, **deed: Any) -> Program:  # noqa: ANN401  # the fields of a ProgramDeed
        """Do something with the programs of the shop."""
        asked = ProgramDeed(business_id=self.business.id, now=self.clock.now, **deed)
        return await change_programs(self.database, asked, repaint=repaint)

    async def rows(self, table: Table) -> list[Row[Any]]:
        """All rows of this business, in the order of their keys."""
        own = select(table).where(table.c.business_id == self.business.id).order_by(*table.primary_key)
        return await self.database.read(lambda connection: list(connection.execute(own)))

    async def program(self) -> Program:
        return await self.database.read(lambda connection: read_program(connection, self.business.id))

    async def customer(self, ref: CustomerRef) -> Customer:
        return await self.database.read(lambda connection: find_customer(connection, self.business.id, ref))

    async def customers(self) -> list[Customer]:
        """All customers with all their cards, the erased ones too."""
        found = [customer_of(row) for row in await self.rows(tables.customer)]
        return await self.database.read(lambda connection: with_cards(connection, found))

    async def ledger(self) -> list[Entry]:
        return [entry_of(row) for row in await self.rows(tables.transaction)]

    async def rewards(self) -> list[Reward]:
        return [reward_of(row) for row in await self.rows(tables.reward)]

    async def totals(self) -> tuple[int, int]:
        """The number of customers, and the number of rewards that the business owes."""
        [row] = await self.rows(tables.business_total)
        return row.customers, row.outstanding


async def open_shop(database: Database) -> Shop:
    """A shop with its first program, a clock and a counter; the caller closes its counter."""
    return Shop(database, await found(database), Clock())


async def open_next_door(shop: Shop, *, plan: Plan = Plan.PROFESSIONAL, timezone: str = "UTC", **terms: object) -> Shop:
    """Another business in the same process, with the same clock and counter."""
    business = await found(shop.database, plan=plan, timezone=timezone, **terms)
    return Shop(shop.database, business, shop.clock, shop.counter)


async def open_in_same_shard(shop: Shop, **terms: object) -> Shop:
    """One more business in the same process, which on a cluster lies in the same shard."""
    shard_of = shop.database.shard_of
    while True:
        other = await open_next_door(shop, **terms)  # type: ignore[arg-type]  # its own terms
        if shard_of(other.business.id) == shard_of(shop.business.id):
            return other


async def found(
    database: Database, *, plan: Plan = Plan.PROFESSIONAL, timezone: str = "UTC", **terms: object
) -> Business:
    """A new business: ten stamps make a coffee, except for the given terms."""
    new = NewBusiness(name="Bean & Leaf", plan=plan, timezone=timezone, country="US")
    return await open_business(database, new, a_program(**terms).terms)


async def holder_of(database: Database, text: str) -> KeyHolder:
    """Whose API key a text is, once its use is noted. Raises InvalidApiKey."""
    keys = ApiKeys(database)
    try:
        return await keys.recognise(text)
    finally:
        await keys.close()
