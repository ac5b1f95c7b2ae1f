"""The cooldown holds in every process, even for a visit that had to wait while another process stamped the card."""

import asyncio

import pytest
from sqlalchemy import select, text, update

from loyalty_app.db.postgres.engine import PostgresDatabase
from loyalty_app.db.tables import customer
from loyalty_app.settings import Settings
from loyalty_core.errors import StampTooSoon
from testkit.concurrency import at_once, until
from testkit.shop import Shop, open_shop


async def test_a_second_visit_is_too_soon_until_the_cooldown_is_over(shop: Shop, twin: Shop) -> None:
    lena = await shop.join()
    await shop.change(cooldown_seconds=600)
    await shop.stamp(lena.id)
    shop.clock.wait(minutes=6)
    with pytest.raises(StampTooSoon, match="6 minutes ago by Till at the door; next stamp at 12:10"):
        await twin.stamp(lena.id)
    shop.clock.wait(minutes=4)
    assert (await twin.stamp(lena.id)).total_stamps == 2


async def test_of_many_visits_at_once_one_is_stamped(shop: Shop, twin: Shop) -> None:
    lena = await shop.join()
    await shop.change(cooldown_seconds=600)
    answers, refusals = await at_once(till.stamp(lena.id) for till in (shop, twin) for _ in range(10))
    assert (len(answers), [type(refusal) for refusal in refusals]) == (1, [StampTooSoon] * 19)


async def test_a_visit_that_waited_for_its_card_comes_after_the_one_that_it_waited_for(
    postgres_settings: Settings,
) -> None:
    database = PostgresDatabase(postgres_settings.database_url)
    shop = await open_shop(database)
    lena = await shop.join()
    await shop.change(cooldown_seconds=600)

    async def somebody_waits() -> bool:
        async with database.engine.connect() as connection:
            return bool(await connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))

    async with database.engine.begin() as other_process:
        await other_process.execute(select(customer).with_for_update())
        visit = asyncio.create_task(shop.stamp(lena.id))
        await until(somebody_waits)
        shop.clock.wait(seconds=5)
        await other_process.execute(update(customer).values(last_visit_at=shop.clock.now))
    with pytest.raises(StampTooSoon):
        await visit
    await shop.counter.close()
    await database.close()
