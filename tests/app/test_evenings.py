"""Evenings: owners are told once a day, by the clock of their shop, and only if there is something."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Row

from loyalty_app.customers.flags import look
from loyalty_app.db import tables
from loyalty_app.shops.flag_rules import change_flag_rules
from loyalty_app.shops.notice_facts import EveningFacts, read_facts
from loyalty_app.shops.owner_notices import NoticeQueue
from loyalty_app.upkeep.evenings import evening_day, tell_evenings, waits_until
from loyalty_app.upkeep.periodic import Stop
from loyalty_core.access import Role
from loyalty_core.flags import FlagKind, FlagRulesChange
from loyalty_core.ledger import Actor, ActorType
from testkit.shop import Shop, open_next_door

MIRA = Actor(ActorType.STAFF, 9, "Mira", Role.OWNER)


@pytest.fixture
async def cafe(shop: Shop) -> Shop:
    """A shop in UTC with an owner in the chat, at eight in the morning."""
    shop.clock.now = datetime(2026, 3, 3, 8, tzinfo=UTC)
    await shop.hire(MIRA, user_id=77)
    return shop


async def five_visits(shop: Shop) -> None:
    lena = await shop.join()
    for _ in range(5):
        await shop.stamp(lena.id)


async def told(shop: Shop) -> list[EveningFacts]:
    """What the evenings up to now say, after the turn of this minute."""
    await tell_evenings(shop.database, now=shop.clock.now)
    found = [read_facts(row.kind, row.facts, of_shop=row.business_id) for row in await notices(shop)]
    return [facts for facts in found if isinstance(facts, EveningFacts)]


async def notices(shop: Shop) -> list[Row[tuple[object, ...]]]:
    return await shop.rows(tables.notice)


def at(shop: Shop, hour: int, minute: int = 0, *, days: int = 0) -> None:
    shop.clock.now = datetime(2026, 3, 3, hour, minute, tzinfo=UTC) + timedelta(days=days)


async def test_at_nine_in_the_evening_there_is_one_message_and_not_before(cafe: Shop) -> None:
    await five_visits(cafe)
    at(cafe, 20, 59)
    assert await told(cafe) == []
    at(cafe, 21)
    [facts] = await told(cafe)
    assert (facts.day, [line.kind for line in facts.flags], facts.more) == (date(2026, 3, 3), [FlagKind.MANY_VISITS], 0)
    assert facts.figures is None
    for hour in (21, 22, 23):
        at(cafe, hour, 30)
        assert await told(cafe) == [facts]


async def test_an_evening_without_anything_says_nothing(cafe: Shop) -> None:
    await cafe.stamp((await cafe.join()).id)
    at(cafe, 21)
    assert await told(cafe) == []
    at(cafe, 21, days=1)
    assert await told(cafe) == []


async def test_what_comes_after_the_message_is_told_the_next_evening(cafe: Shop) -> None:
    at(cafe, 21)
    await told(cafe)
    at(cafe, 22)
    await five_visits(cafe)
    at(cafe, 20, days=1)
    assert await told(cafe) == []
    at(cafe, 21, days=1)
    [facts] = await told(cafe)
    assert [line.at for line in facts.flags] == [datetime(2026, 3, 3, 22, tzinfo=UTC)]
    at(cafe, 21, days=2)
    assert await told(cafe) == [facts]


async def test_what_somebody_looked_at_before_is_told_all_the_same(cafe: Shop) -> None:
    await five_visits(cafe)
    await look(cafe.database, cafe.business, now=cafe.clock.now)
    at(cafe, 21)
    assert len(await told(cafe)) == 1


async def test_two_processes_and_a_restart_tell_it_once(cafe: Shop, twin: Shop) -> None:
    await change_flag_rules(cafe.database, cafe.business.id, FlagRulesChange(evening_summary=True))
    await five_visits(cafe)
    at(cafe, 21)
    await asyncio.gather(*(tell_evenings(one.database, now=cafe.clock.now) for one in (cafe, twin) * 3))
    assert len(await told(cafe)) == 1


async def test_a_server_that_was_away_tells_the_evening_after_the_night(cafe: Shop) -> None:
    await five_visits(cafe)
    at(cafe, 23, 10)
    assert len(await told(cafe)) == 1
    queue = NoticeQueue()
    due = [await cafe.database.read(partial(queue.is_due, now=hour)) for hour in hours_of_the_morning()]
    assert due == [False, False, True]


def hours_of_the_morning() -> list[datetime]:
    return [
        datetime(2026, 3, 3, 23, 11, tzinfo=UTC),
        datetime(2026, 3, 4, 7, 59, tzinfo=UTC),
        datetime(2026, 3, 4, 8, tzinfo=UTC),
    ]


async def test_days_without_a_server_are_looked_at_later_a_week_at_most(cafe: Shop) -> None:
    at(cafe, 21)
    await told(cafe)
    at(cafe, 12, days=1)
    await five_visits(cafe)
    at(cafe, 12, days=6)
    [facts] = await told(cafe)
    assert (facts.day, [line.at.day for line in facts.flags]) == (date(2026, 3, 8), [4])


async def test_the_evening_is_that_of_each_shop(cafe: Shop) -> None:
    tokyo = await open_next_door(cafe, timezone="Asia/Tokyo")
    await tokyo.hire(MIRA, user_id=78)
    await five_visits(tokyo)
    await five_visits(cafe)
    at(cafe, 12)
    assert (len(await told(tokyo)), len(await told(cafe))) == (1, 0)
    at(cafe, 21)
    assert (len(await told(tokyo)), len(await told(cafe))) == (1, 1)
    assert [row.next_at for row in await notices(tokyo)] == [None]


async def test_the_figures_of_the_day_come_each_evening_to_owners_who_asked(cafe: Shop) -> None:
    await change_flag_rules(cafe.database, cafe.business.id, FlagRulesChange(evening_summary=True))
    await cafe.change(reward_cost=120, currency="EUR")
    lena = await cafe.join()
    await cafe.stamp(lena.id, 10)
    await cafe.stamp(lena.id, 10)
    await cafe.redeem(lena.id)
    at(cafe, 7, days=1)
    [facts] = await told(cafe)
    assert (facts.day, facts.flags) == (date(2026, 3, 3), ())
    assert facts.figures is not None
    figures = facts.figures
    assert (figures.visits, figures.stamps, figures.new_customers, figures.rewards_redeemed) == (2, 20, 1, 1)
    assert (figures.outstanding, figures.cost, figures.currency) == (1, 120, "EUR")
    at(cafe, 21, days=1)
    assert len(await told(cafe)) == 2


async def test_a_long_list_is_cut_and_says_how_many_more_there_are(cafe: Shop) -> None:
    await change_flag_rules(cafe.database, cafe.business.id, FlagRulesChange(most_visits=1))
    for _ in range(10):
        lena = await cafe.join()
        await cafe.stamp(lena.id)
        await cafe.stamp(lena.id)
    at(cafe, 21)
    [facts] = await told(cafe)
    assert (len(facts.flags), facts.more) == (8, 2)


async def test_a_shop_without_an_owner_in_the_chat_has_its_flags_and_no_message(shop: Shop) -> None:
    await five_visits(shop)
    shop.clock.now = datetime(2026, 3, 2, 21, tzinfo=UTC)
    assert await told(shop) == []
    assert len(await shop.rows(tables.flag)) == 1
    assert await notices(shop) == []


async def test_a_shop_that_opened_after_the_evening_has_none_that_day(cafe: Shop) -> None:
    assert cafe.clock.now.hour == 8
    assert await tell_evenings(cafe.database, now=datetime(2026, 3, 2, 13, tzinfo=UTC)) == 0


async def test_who_is_asked_to_stop_tells_no_further_shop(cafe: Shop) -> None:
    await five_visits(cafe)
    at(cafe, 21)
    stop = Stop()
    stop.ask()
    assert await tell_evenings(cafe.database, now=cafe.clock.now, stop=stop) == 0
    assert await notices(cafe) == []


async def test_no_customer_is_named_in_what_owners_are_told(cafe: Shop) -> None:
    lena = await cafe.join("Zaphod Beeblebrox")
    for _ in range(5):
        await cafe.stamp(lena.id)
    at(cafe, 21)
    await told(cafe)
    assert not any("Zaphod" in str(value) for row in await notices(cafe) for value in row)


@pytest.mark.parametrize(("hour", "waits"), [(21, None), (22, 4), (23, 4), (0, 3), (7, 3), (8, None), (12, None)])
async def test_between_ten_and_eight_a_message_waits(cafe: Shop, hour: int, waits: int | None) -> None:
    until = waits_until(cafe.business, datetime(2026, 3, 3, hour, tzinfo=UTC))
    assert (until and (until.day, until.hour)) == (waits and (waits, 8))


async def test_the_day_of_an_evening_changes_at_nine(cafe: Shop) -> None:
    early, late = datetime(2026, 3, 3, 20, 59, tzinfo=UTC), datetime(2026, 3, 3, 21, tzinfo=UTC)
    assert (evening_day(cafe.business, early).day, evening_day(cafe.business, late).day) == (2, 3)
