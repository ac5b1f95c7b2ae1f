"""Birthdays on a real database: each gift comes once, in the morning of the shop, whatever stops or runs beside."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from loyalty_app.counter import Counter
from loyalty_app.db import tables
from loyalty_app.upkeep.birthdays import give_birthdays
from loyalty_app.upkeep.periodic import Stop
from loyalty_core.errors import Busy, InvalidRequest
from loyalty_core.gifts import BirthdayGift
from loyalty_core.ledger import Entry, Gift
from testkit.audit import assert_books_balance
from testkit.half_deleted import begin_deleting
from testkit.shop import Shop, open_next_door

MORNING = datetime(2026, 3, 2, 3, 30, tzinfo=UTC)
"""Nine o'clock in Kolkata."""
A_CAKE = BirthdayGift(reward_description="A cake", valid_days=14)
MARCH_2 = date(1990, 3, 2)


@pytest.fixture
async def bakery(shop: Shop) -> Shop:
    """A shop in Kolkata that gives two stamps since long ago; it is just before nine of 2 March."""
    bakery = await open_next_door(shop, timezone="Asia/Kolkata")
    bakery.clock.now = MORNING - timedelta(days=90)
    await bakery.change(birthday=BirthdayGift(stamps=2))
    await bakery.join("Lena", birthday=MARCH_2)
    await bakery.join("Otto", birthday=date(1990, 3, 3))
    await bakery.join("Mira")
    bakery.clock.now = MORNING - timedelta(seconds=1)
    return bakery


async def give(shop: Shop) -> int:
    return await give_birthdays(shop.database, shop.counter, now=shop.clock.now)


async def gifts(shop: Shop) -> list[Entry]:
    return [entry for entry in await shop.ledger() if entry.occasion is Gift.BIRTHDAY]


async def test_it_comes_at_nine_by_the_clock_of_the_shop_and_once(bakery: Shop) -> None:
    assert await give(bakery) == 0
    bakery.clock.now = MORNING
    assert [await give(bakery), await give(bakery)] == [1, 0]
    [entry] = await gifts(bakery)
    lena = await bakery.customer(entry.customer_id)
    assert (lena.name, lena.card.current_stamps, lena.card.total_visits) == ("Lena", 2, 0)
    bakery.clock.wait(days=1)
    assert await give(bakery) == 1, "Otto's"
    bakery.clock.now = MORNING + timedelta(days=365)
    assert await give(bakery) == 1
    await assert_books_balance(bakery)


async def test_a_shop_that_is_being_deleted_gives_nothing_and_others_give_all_the_same(bakery: Shop) -> None:
    closing = await open_next_door(bakery, timezone="Asia/Kolkata", birthday=BirthdayGift(stamps=2))
    await closing.join("Lena", birthday=MARCH_2)
    await begin_deleting(closing.database, closing.business.id)
    bakery.clock.now = MORNING
    assert await give(bakery) == 1
    assert (len(await gifts(bakery)), await gifts(closing)) == (1, [])


async def test_it_comes_on_the_day_also_if_it_came_later_in_the_morning_a_year_before(bakery: Shop) -> None:
    bakery.clock.now = MORNING + timedelta(hours=10)
    assert await give(bakery) == 1
    bakery.clock.now = MORNING + timedelta(days=365)
    assert await give(bakery) == 1


async def test_a_reward_is_owed_and_handed_out_as_any_other(bakery: Shop) -> None:
    await bakery.change(birthday=A_CAKE)
    bakery.clock.now = MORNING
    await give(bakery)
    [reward] = await bakery.rewards()
    assert (reward.description, reward.expires_at) == ("A cake", datetime(2026, 3, 16, 18, 30, tzinfo=UTC))
    assert await bakery.totals() == (3, 1)
    await assert_books_balance(bakery)
    await bakery.redeem(reward.customer_id)
    await assert_books_balance(bakery)


async def test_two_processes_that_give_at_once_give_once(bakery: Shop, twin: Shop) -> None:
    people = [await bakery.join(f"Guest {n}", birthday=MARCH_2) for n in range(4)]
    bakery.clock.now = MORNING + timedelta(days=365)
    given = await asyncio.gather(
        give(bakery), give(bakery), give_birthdays(twin.database, twin.counter, now=bakery.clock.now)
    )
    assert sum(given) == len(await gifts(bakery)) == len(people) + 2 - 1
    await assert_books_balance(bakery)


async def test_who_stops_in_the_middle_goes_on_with_the_rest(bakery: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loyalty_app.upkeep.birthdays.AT_ONCE", 2)
    bakery.clock.now -= timedelta(days=60)
    for n in range(4):
        await bakery.join(f"Guest {n}", birthday=MARCH_2)
    bakery.clock.now = MORNING
    counter = Faltering(bakery.counter, after=3)
    with pytest.raises(Busy):
        await give_birthdays(bakery.database, counter, now=bakery.clock.now)
    done = len(await gifts(bakery))
    assert 0 < done < 5
    assert await give(bakery) == 5 - done
    assert len({entry.customer_id for entry in await gifts(bakery)}) == 5


class Faltering(Counter):
    """A counter that is too busy after some gifts."""

    def __init__(self, real: Counter, *, after: int) -> None:
        self.real, self.left = real, after

    async def give_birthday(self, caller, customer):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        self.left -= 1
        if self.left < 0:
            raise Busy
        return await self.real.give_birthday(caller, customer)


async def test_no_shop_waits_for_another_that_cannot_be_served(bakery: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    other, real = await open_next_door(bakery, timezone="Asia/Kolkata"), bakery.counter.give_birthday
    bakery.clock.now = MORNING - timedelta(days=90)
    await other.change(birthday=A_CAKE)
    await other.join("Omar", birthday=MARCH_2)
    bakery.clock.now = MORNING

    async def away(caller, customer):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        if caller.business.id == bakery.business.id:
            raise Busy
        return await real(caller, customer)

    with monkeypatch.context() as patch:
        patch.setattr(bakery.counter, "give_birthday", away)
        with pytest.raises(Busy):
            await give(bakery)
    assert [len(await gifts(other)), len(await gifts(bakery))] == [1, 0]
    assert await give(bakery) == 1


async def test_who_is_asked_to_stop_notes_no_day_that_is_not_done(bakery: Shop) -> None:
    bakery.clock.now, stop = MORNING, Stop()
    stop.ask()
    assert await give_birthdays(bakery.database, bakery.counter, now=bakery.clock.now, stop=stop) == 0
    assert await give(bakery) == 1


async def test_a_day_on_which_nothing_ran_is_made_up_for_within_a_week(bakery: Shop) -> None:
    bakery.clock.now = MORNING + timedelta(days=7)
    assert await give(bakery) == 2
    assert len(await gifts(bakery)) == 2


async def test_a_shop_that_begins_today_gives_nothing_for_yesterday(shop: Shop) -> None:
    shop.clock.now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    await shop.join("Lena", birthday=date(1990, 3, 1))
    today = await shop.join("Otto", birthday=MARCH_2)
    shop.clock.now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert await give(shop) == 0, "it gives nothing yet"
    await shop.change(birthday=A_CAKE)
    assert await give(shop) == 1
    assert [entry.customer_id for entry in await gifts(shop)] == [today.id]


async def test_a_date_that_was_changed_lately_brings_nothing(bakery: Shop) -> None:
    [mira] = [one for one in await bakery.customers() if one.name == "Mira"]
    await bakery.update(mira.id, birthday=MARCH_2)
    bakery.clock.now = MORNING
    assert await give(bakery) == 1
    assert mira.id not in {entry.customer_id for entry in await gifts(bakery)}
    assert (await bakery.customer(mira.id)).birthday_set_at == MORNING - timedelta(seconds=1)


async def test_who_was_erased_or_merged_meanwhile_gets_nothing_of_their_own(bakery: Shop) -> None:
    lena, otto, _ = await bakery.customers()
    bakery.clock.now = MORNING
    await bakery.merge(otto.id, lena.id)
    assert await give(bakery) == 0, "the one that stays told another date"
    await bakery.erase(otto.id)
    bakery.clock.wait(days=1)
    assert await give(bakery) == 0


async def test_only_the_own_shop_gives(bakery: Shop, shop: Shop) -> None:
    await shop.join("Ben", birthday=MARCH_2)
    bakery.clock.now = MORNING + timedelta(days=365)
    await give(bakery)
    assert await shop.rows(tables.transaction) == []
    assert replace(BirthdayGift(), stamps=2) == (await bakery.program()).terms.birthday


async def test_with_several_programs_it_goes_onto_the_card_of_the_main_one(bakery: Shop) -> None:
    salads = await bakery.make_program("Salads")
    await bakery.programs_deed(promote=salads)
    await bakery.change(birthday=None)
    bakery.clock.now = MORNING - timedelta(hours=1)
    await bakery.change_of(salads, birthday=A_CAKE)
    bakery.clock.now = MORNING
    assert [await give(bakery), await give(bakery)] == [1, 0]
    [entry], [reward] = await gifts(bakery), await bakery.rewards()
    assert (entry.program_id, reward.program_id, reward.description) == (salads, salads, "A cake")
    await assert_books_balance(bakery)
    await bakery.redeem(entry.customer_id)
    await assert_books_balance(bakery)


async def test_the_gift_moves_with_the_main_program_and_is_still_given_once(bakery: Shop) -> None:
    salads = await bakery.make_program("Salads", stamps_required=4)
    await bakery.programs_deed(promote=salads)
    main = await bakery.program()
    assert (main.id, main.terms.birthday) == (salads, BirthdayGift(stamps=2))
    assert [one.terms.birthday for one in main.others] == [None]
    bakery.clock.now = MORNING
    assert await give(bakery) == 1
    await bakery.programs_deed(promote=bakery.business.id)
    assert [await give(bakery), (await bakery.program()).terms.birthday] == [0, BirthdayGift(stamps=2)]
    [entry] = await gifts(bakery)
    assert entry.program_id == salads
    await assert_books_balance(bakery)


async def test_a_program_whose_goal_is_below_the_gift_cannot_become_the_main_one(bakery: Shop) -> None:
    tiny, before = await bakery.make_program("Tiny", stamps_required=1), await bakery.program()
    with pytest.raises(InvalidRequest, match="birthday: must not be above the goal of 1 stamps"):
        await bakery.programs_deed(promote=tiny)
    after = await bakery.program()
    assert (after.id, after.versions) == (before.id, before.versions)


async def test_another_program_gives_nothing_of_its_own(bakery: Shop) -> None:
    salads = await bakery.make_program("Salads")
    with pytest.raises(InvalidRequest, match="birthday: must be set at the main program"):
        await bakery.change_of(salads, birthday=A_CAKE)
    await bakery.change_of(salads, birthday=None)
