"""Privacy: what is kept of somebody can be shown and erased, and need not be kept for ever."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from loyalty_app.customers.personal_data import show_data
from loyalty_app.db.engine import open_database
from loyalty_app.runtime import open_webhook_worker
from loyalty_app.settings import Settings
from loyalty_app.upkeep.inactivity import erase_inactive
from loyalty_app.upkeep.periodic import Stop
from loyalty_core.errors import CustomerNotFound
from loyalty_core.ledger import Gift
from testkit.audit import assert_books_balance
from testkit.concurrency import until
from testkit.console import CAFE, Console
from testkit.shop import Shop, open_next_door, open_shop


async def test_all_that_is_stored_about_somebody_is_shown_and_nothing_of_others(shop: Shop) -> None:
    lena = await shop.join("Lena", phone="+14155550101", email="lena@example.com")
    await shop.join("Mira")
    await shop.stamp(lena.id, 10)
    stored = await show_data(shop.database, shop.business.id, lena.qr_code, now=shop.clock.now)
    assert (stored.profile.name, stored.profile.phone, stored.profile.email) == (
        "Lena",
        "+14155550101",
        "lena@example.com",
    )
    assert (stored.card.total_stamps, len(stored.history.transactions), len(stored.history.rewards)) == (10, 1, 1)
    assert "Mira" not in repr(stored)


async def test_the_cards_of_all_programs_are_shown_and_which_entry_and_reward_is_of_which(shop: Shop) -> None:
    salads = await shop.make_program("Salad", stamps_required=2, opening_stamps=1)
    lena = await shop.join("Lena")
    await shop.stamp(lena.id, 3)
    await shop.stamp(lena.id, 1, program_id=salads)
    stored = await show_data(shop.database, shop.business.id, lena.id, now=shop.clock.now)
    own = shop.business.id
    assert [(one.program_id, one.title, one.total_stamps) for one in stored.cards] == [
        (own, None, 3),
        (salads, "Salad", 2),
    ]
    assert [(one.program_id, one.stamps, one.occasion) for one in stored.history.transactions] == [
        (own, 3, None),
        (salads, 1, Gift.HEAD_START),
        (salads, 1, None),
    ]
    assert [one.program_id for one in stored.history.rewards] == [salads]
    assert stored.card.total_stamps == 3


async def test_another_shop_shows_nothing(shop: Shop) -> None:
    lena, neighbour = await shop.join(), await open_next_door(shop)
    with pytest.raises(CustomerNotFound):
        await show_data(shop.database, neighbour.business.id, lena.id, now=shop.clock.now)


async def test_who_has_been_away_for_so_long_is_erased_and_nobody_else(shop: Shop) -> None:
    away, stamped, changed = [await shop.join(name) for name in ("Away", "Stamped", "Changed")]
    await shop.stamp(away.id, 10)
    shop.clock.wait(days=400)
    await shop.stamp(stamped.id)
    await shop.update(changed.id, email="here@example.com")
    shop.clock.wait(days=340)
    assert await erase_inactive(shop.database, shop.counter, months=24, now=shop.clock.now) == 1
    assert [customer.name for customer in await shop.customers()] == ["", "Stamped", "Changed"]
    assert await erase_inactive(shop.database, shop.counter, months=24, now=shop.clock.now) == 0
    await assert_books_balance(shop)


async def test_stopping_does_not_wait_for_all_who_are_to_be_erased(shop: Shop) -> None:
    await shop.join("Away")
    shop.clock.wait(days=800)
    stop = Stop()
    stop.ask()
    assert await erase_inactive(shop.database, shop.counter, months=24, now=shop.clock.now, stop=stop) == 0


async def test_a_worker_beside_the_api_erases_who_has_been_away_too(server_settings: Settings) -> None:
    database = open_database(server_settings)
    shop = await open_shop(database)
    await shop.join("Away")
    shop.clock.wait(days=800)

    async def is_erased() -> bool:
        return [customer.name for customer in await shop.customers()] == [""]

    async with open_webhook_worker(replace(server_settings, keep_inactive_months=24), clock=shop.clock):
        await until(is_erased)
    await shop.counter.close()
    await database.close()


def test_somebody_is_shown_and_erased_by_command(tmp_path: Path, sqlite_settings: Settings) -> None:
    console = Console(tmp_path, sqlite_settings)
    here = ("--business", str(console.ask("business", "create", *CAFE)["business_id"]))
    (tmp_path / "guests.csv").write_text("Zoë,+14155550101\n", encoding="utf-8")
    console.ask("customers", "import", "guests.csv", *here)

    assert console.ask("customers", "show-data", "1", *here)["profile"]["name"] == "Zoë"
    assert console.ask("customers", "erase", "1", *here)["deleted"] is True
    assert console.run("customers", "show-data", "1", *here).returncode == 1
