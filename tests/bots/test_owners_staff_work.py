"""Who did what: owners and managers see what each member of the staff did, and the entries behind it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from loyalty_app.customers.staff_work import WorkCounts, read_staff_deeds, read_staff_work
from loyalty_app.settings import Settings
from loyalty_app.shops.staff import list_staff, remove_staff
from loyalty_core.access import Role
from loyalty_core.ledger import Actor, ActorType, EntryType
from loyalty_core.stamping import RedeemOrder
from testkit.clocks import Clock
from testkit.concurrency import until
from testkit.shop import Shop
from testkit.town import Town, open_town
from tests.bots.test_owner_notice_worker import told

pytestmark = pytest.mark.usefixtures("unhurried")

# Tuesday, ten in the evening in Berlin.
EVENING = datetime(2026, 3, 3, 21, 0, tzinfo=UTC)


class Evening(Clock):
    def __init__(self) -> None:
        self.now = EVENING


@pytest.fixture
async def evening(settings: Settings) -> AsyncIterator[Town]:
    async with open_town(settings, clock=Evening()) as town:
        yield town


async def actor(shop: Shop, name: str) -> Actor:
    [found] = [each for each in await list_staff(shop.database, shop.business.id) if each.name == name]
    return Actor(ActorType.STAFF, found.staff_id, found.name, found.role)


async def stamp(shop: Shop, by: Actor, *stamps: int) -> list[int]:
    lena = (await shop.customers())[0]
    return [(await shop.stamp(lena.id, count, by=by)).transaction_id for count in stamps]


async def work_of(town: Town, shop: Shop, name: str) -> tuple[WorkCounts, WorkCounts]:
    people = await shop.database.read(lambda connection: read_staff_work(connection, shop.business, now=town.clock()))
    [found] = [person for person in people if person.name == name]
    return found.today, found.month


async def test_each_is_counted_by_the_days_of_the_shop(evening: Town) -> None:
    shop = await evening.open_shop(timezone="Europe/Berlin", stamps_required=10)
    clock = evening.clock
    assert isinstance(clock, Evening)
    for name in ("Ana", "Max"):
        await evening.hire(shop, name, Role.MANAGER)
    ana, max_ = await actor(shop, "Ana"), await actor(shop, "Max")
    await shop.join()
    [first, _] = await stamp(shop, ana, 1, 3)
    await shop.stamp(1, 5)  # a till is nobody of the staff
    await shop.void(first, by=max_)
    clock.wait(hours=2)  # a new day in Berlin, the same in UTC
    await stamp(shop, ana, 2)
    assert await work_of(evening, shop, "Ana") == (WorkCounts(stamps=2), WorkCounts(stamps=6))
    assert await work_of(evening, shop, "Max") == (WorkCounts(), WorkCounts(undos=1))
    clock.wait(days=29, hours=1)
    assert await work_of(evening, shop, "Ana") == (WorkCounts(), WorkCounts(stamps=2))


async def test_the_entries_behind_the_figures_are_told_newest_first_with_what_was_undone(evening: Town) -> None:
    shop = await evening.open_shop(stamps_required=2)
    await evening.hire(shop, "Ana", Role.MANAGER)
    ana = await actor(shop, "Ana")
    lena = await shop.join("Lena Meyer")
    await stamp(shop, ana, 2)
    await shop.counter.redeem(shop.caller(by=ana), lena.id, RedeemOrder())
    [last] = await stamp(shop, ana, 1)
    await shop.void(last, by=ana)
    deeds = await shop.database.read(
        lambda connection: read_staff_deeds(
            connection, shop.business, ana.id or 0, now=evening.clock(), skip=0, limit=10
        )
    )
    assert [(deed.entry.type, deed.reward, deed.customer_name) for deed in deeds] == [
        (EntryType.VOID, None, "Lena Meyer"),
        (EntryType.STAMP, None, "Lena Meyer"),
        (EntryType.REDEEM, "A coffee", "Lena Meyer"),
        (EntryType.STAMP, None, "Lena Meyer"),
    ]
    assert [deed.undone and deed.undone.stamps for deed in deeds] == [1, None, None, None]
    assert [deed.entry.voided_by is not None for deed in deeds] == [False, True, False, False]


@pytest.mark.usefixtures("noon")
async def test_managers_read_it_in_the_chat_and_staff_do_not(town: Town) -> None:
    shop = await town.open_shop(stamps_required=2)
    mira, ana = await town.hire(shop, "Mira", Role.MANAGER), await town.hire(shop, "Ana")
    by = await actor(shop, "Ana")
    await shop.join("Lena Meyer")
    shop.clock.now = town.clock()
    [last] = await stamp(shop, by, 1)
    await shop.void(last, by=await actor(shop, "Mira"))
    await shop.join("Otto")
    for _ in range(11):
        await stamp(shop, by, 1)
    await mira.say("/shop")
    await mira.press("🧾 Who did what")
    assert "Ana\nToday: 12 stamps, 0 rewards handed out and 0 undone\n30 days: 12 stamps" in mira.last.words
    assert "Mira\nToday: 0 stamps, 0 rewards handed out and 1 undone" in mira.last.words
    await mira.press("Ana")
    assert mira.last.words.count("+1 · Lena") == 10
    assert "Meyer" not in mira.last.words
    await mira.press("Older ›")
    assert mira.last.words.splitlines()[-1].endswith("+1 · Lena undone")
    await mira.press("« Who did what")
    await mira.press("Mira")
    assert mira.last.words.splitlines()[-1].endswith("↩️ undid +1 · Lena")
    data = f"deeds:{shop.business.id}:{by.id}:1"
    await ana.say("/help")
    assert "Only managers" in (await ana.press_data(ana.last.id, data) or "")


async def test_who_left_in_these_days_is_still_there_and_who_did_nothing_too(town: Town) -> None:
    shop = await town.open_shop()
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await town.hire(shop, "Ana")
    await remove_staff(shop.database, shop.business.id, (await actor(shop, "Ana")).id or 0, now=town.clock())
    await until(lambda: told(shop))
    await mira.say("/shop")
    await mira.press("🧾 Who did what")
    assert "Ana, not on the staff any more" in mira.last.words
    await mira.press("Ana")
    assert "Nothing in these 30 days." in mira.last.words
