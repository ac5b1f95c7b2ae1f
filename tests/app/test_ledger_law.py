"""The law of the ledger: after any day at the counter, everything that is kept is what the ledger adds up to.

Days are made up by dice from a seed, so that a bad one can be had again.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from random import Random

import msgspec
import pytest
from msgspec import UNSET

from loyalty_app.counter import Answer
from loyalty_app.customers.proof import Proof
from loyalty_app.db import tables
from loyalty_app.shops.businesses import find_business
from loyalty_app.upkeep.expiry import book_expired
from loyalty_core.bonus_hours import BonusHours
from loyalty_core.customers import Profile, ProfileChange
from loyalty_core.errors import LoyaltyError
from loyalty_core.fields import TransactionId
from loyalty_core.ledger import EntryType
from loyalty_core.programs import Surplus
from loyalty_core.stamping import RedeemOrder, StampOrder
from loyalty_core.steps import Step
from testkit.audit import assert_books_balance
from testkit.shop import Shop, open_next_door

ROUNDS, MOST_AT_ONCE = 40, 8


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of an event."""

    type: str
    timestamp: str
    data: msgspec.Raw


class Day:
    """A day at the counter: wishes by dice, and what the world must have been told of those that came true."""

    def __init__(self, shop: Shop, dice: Random) -> None:
        self.shop, self.dice = shop, dice
        self.told: list[tuple[int, str, bytes]] = []
        self.programs: list[int] = []

    async def pass_by(self) -> None:
        for number in range(ROUNDS):
            self.shop.clock.wait(hours=self.dice.choice([0, 0, 1, 7, 30]))
            if number % 8 == 4:
                goal, surplus = self.dice.randint(2, 9), self.dice.choice(list(Surplus))
                steps = tuple(step for step in STEPS if step.stamps < goal - self.dice.randint(0, 3))
                await self.shop.change(stamps_required=goal, surplus=surplus, steps=steps)
            if self.programs and number % 8 == 6:  # now and then
                await self.change_programs()
            await book_expired(self.shop.database, self.shop.counter, self.shop.clock.now)
            customers = [customer.id for customer in await self.shop.customers()]
            entries = [entry.id for entry in await self.shop.ledger()]
            wishes = [self.wish(customers, entries) for _ in range(self.dice.randint(1, MOST_AT_ONCE))]
            for outcome in await asyncio.gather(*wishes, return_exceptions=True):
                assert outcome is None or isinstance(outcome, LoyaltyError), outcome

    async def change_programs(self) -> None:
        """One more program, another one archived, or the main one: whatever the rules allow."""
        number = self.dice.choice(self.programs)
        deeds: list[dict[str, int]] = [{"archive": number}, {"promote": number}]
        try:
            if self.dice.random() < 0.5:  # half of the time
                terms = {"stamps_required": self.dice.randint(2, 9), "reward_valid_days": self.dice.choice([None, 3])}
                self.programs.append(await self.shop.make_program("Salads", **terms))
            else:
                await self.shop.programs_deed(**self.dice.choice(deeds))
        except LoyaltyError:
            return

    async def wish(self, customers: Sequence[int], entries: list[int]) -> None:
        verbs = {self.join: 2, self.stamp: 8, self.redeem: 3, self.void: 3, self.update: 1, self.erase: 0.3}
        [verb] = self.dice.choices(list(verbs), list(verbs.values()))
        await verb(self.dice.choice(customers or [0]), self.dice.choice(entries or [0]))

    async def join(self, _customer: int, _entry: int) -> None:
        profile = Profile(name="Lena", phone=f"+1415555267{self.dice.randint(0, 9)}")
        answer = await self.shop.counter.join(self.shop.caller(), profile, opening_stamps=self.dice.choice([0, 0, 5]))
        self.tell("customer.created", answer, b'{"customer":%b}')

    async def stamp(self, customer: int, _entry: int) -> None:
        number = self.dice.choice(self.programs) if self.programs else UNSET
        order = StampOrder(stamps=self.dice.randint(1, 5), program_id=number)
        answer = await self.shop.counter.give_stamp(self.shop.caller(), customer, order)
        self.tell("stamp.added", answer)

    async def redeem(self, customer: int, _entry: int) -> None:
        self.tell("reward.redeemed", await self.shop.counter.redeem(self.shop.caller(), customer, RedeemOrder()))

    async def void(self, _customer: int, entry: int) -> None:
        self.tell("transaction.voided", await self.shop.counter.void(self.shop.caller(), TransactionId(entry)))

    async def update(self, customer: int, _entry: int) -> None:
        change = ProfileChange(name=f"Lena {self.dice.random()}")
        answer = await self.shop.counter.change_profile(self.shop.caller(), customer, change)
        self.tell("customer.updated", answer, b'{"customer":%b,"changed":["name"]}')

    async def erase(self, customer: int, _entry: int) -> None:
        answer = await self.shop.counter.erase(self.shop.caller(), customer)
        self.told = [told for told in self.told if told[0] != customer]
        self.tell("customer.deleted", answer)

    def tell(self, kind: str, answer: Answer[object], data: bytes = b"%b") -> None:
        self.told.append((self.of(answer), kind, data % answer.body))

    def of(self, answer: Answer[object]) -> int:
        """Whom an answer is about."""
        body = msgspec.json.decode(answer.body)
        found: int = body.get("customer", body)["id"]
        return found


STEPS = (Step(2, "A biscuit"), Step(4, "A tea"))
GENEROUS = {
    "steps": STEPS,
    "opening_stamps": 1,
    "bonus_hours": (BonusHours(weekdays=(1, 2, 4, 6), begin="07:00", end="13:00", factor=2),),
}


@pytest.fixture(params=[Surplus.RESET, Surplus.CARRY])
async def busy_shop(request: pytest.FixtureRequest, shop: Shop) -> Shop:
    terms = {"stamps_required": 5, "surplus": request.param, "reward_valid_days": 3}
    return await open_next_door(shop, timezone="America/New_York", **(terms | GENEROUS))


@pytest.mark.parametrize("seed", range(3))
async def test_after_any_day_cards_rewards_totals_and_events_are_what_the_ledger_says(
    busy_shop: Shop, seed: int
) -> None:
    day = Day(busy_shop, Random(seed))
    await day.pass_by()
    await assert_books_balance(busy_shop)
    await assert_the_world_was_told(day)


@pytest.mark.parametrize("seed", range(3))
async def test_the_same_holds_for_each_card_where_a_shop_has_several_programs(busy_shop: Shop, seed: int) -> None:
    day = Day(busy_shop, Random(seed))
    day.programs = [busy_shop.business.id, await busy_shop.make_program("Salads", stamps_required=3)]
    await day.pass_by()
    await assert_books_balance(busy_shop)
    await assert_the_world_was_told(day)
    shop = await busy_shop.database.read(lambda connection: find_business(connection, busy_shop.business.id))
    proof = Proof(shop)
    await busy_shop.database.read(proof.run)
    assert [str(one) for one in proof.differences] == []
    assert {entry.program_id for entry in await busy_shop.ledger()} >= {None, day.programs[1]}


async def assert_the_world_was_told(day: Day) -> None:
    events = [(row, msgspec.json.decode(row.body, type=Told)) for row in await day.shop.rows(tables.event)]
    earned = Counter(row.customer_id for row, _ in events if row.type == "reward.earned")
    others = [(row.customer_id, row.type, bytes(told.data)) for row, told in events if row.type != "reward.earned"]
    assert Counter(others) == Counter(day.told)
    assert all(row.type == told.type for row, told in events)
    assert all(told.timestamp.endswith("Z") for _, told in events)
    here = {customer.id for customer in await day.shop.customers() if customer.erased_at is None}
    assert earned == Counter(reward.customer_id for reward in await day.shop.rewards() if reward.customer_id in here)


async def test_the_days_of_these_tests_have_everything_in_them(busy_shop: Shop) -> None:
    await Day(busy_shop, Random(0)).pass_by()
    ledger, rewards = await busy_shop.ledger(), await busy_shop.rewards()
    assert {entry.type for entry in ledger} == set(EntryType)
    assert {reward.status.value for reward in rewards} == {"available", "redeemed", "voided", "expired"}
    assert any(customer.erased_at for customer in await busy_shop.customers())
