"""The proof: it holds for whatever was done through the counter, and names each figure that was changed by hand."""

import re

import pytest
from sqlalchemy import Table, delete, update

from loyalty_app.customers.proof import FIRST_SHOWN, Proof
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business_total, customer, daily_total, reward
from testkit.shop import Shop


async def prove(shop: Shop) -> Proof:
    proof = Proof(shop.business)
    await shop.database.read(proof.run)
    return proof


async def differences(shop: Shop) -> list[str]:
    return [str(difference) for difference in (await prove(shop)).differences]


@pytest.fixture
async def busy(shop: Shop) -> Shop:
    """A shop in which everything has happened that can: customer 1 has a reward waiting and a stamp."""
    lena, omar, gone = [await shop.join(name) for name in ("Lena", "Omar", "Gone")]
    await shop.join("Nia", opening_stamps=12)
    for _ in range(3):
        await shop.stamp(lena.id, 5)
        await shop.stamp(omar.id, 4)
        await shop.stamp(gone.id, 10)
        shop.clock.wait(days=1)
    await shop.void((await shop.stamp(omar.id, 10)).transaction_id)
    await shop.redeem(gone.id)
    await shop.erase(gone.id)
    await shop.change(stamps_required=8, reward_valid_days=1)
    await shop.stamp(omar.id, 8)
    await shop.redeem(omar.id)
    return shop


async def test_all_that_the_counter_does_agrees_with_the_ledger(busy: Shop) -> None:
    proof = await prove(busy)

    assert (proof.differences, proof.found) == ([], 0)
    assert (proof.customers, proof.entries) == (4, 15)


async def test_it_does_not_matter_how_many_customers_are_read_at_once(busy: Shop) -> None:
    proof = Proof(busy.business, at_once=1)
    await busy.database.read(proof.run)

    assert (proof.found, proof.customers, proof.entries) == (0, 4, 15)


async def change(database: Database, table: Table, *, where: dict[str, object], **values: object) -> None:
    found = [table.c[name] == value for name, value in where.items()]
    await database.write(lambda connection: connection.execute(update(table).where(*found).values(values)))


async def test_a_balance_that_was_changed_by_hand_is_named(busy: Shop) -> None:
    await change(busy.database, customer, where={"id": 1}, current_stamps=9)

    assert await differences(busy) == [
        "Business 1, customer 1: current_stamps is kept as 9, the ledger gives 5",
    ]


@pytest.mark.parametrize(
    "figure", ["total_stamps", "total_visits", "rewards_earned", "rewards_available", "day_stamps"]
)
async def test_every_figure_of_a_card_is_proved(busy: Shop, figure: str) -> None:
    await change(busy.database, customer, where={"id": 1}, **{figure: 77})

    [difference] = (await prove(busy)).differences

    assert (difference.of, difference.figure, difference.kept) == ("customer 1", figure, 77)


async def test_the_open_rewards_of_somebody_who_was_erased_are_none(busy: Shop) -> None:
    await change(busy.database, customer, where={"id": 3}, rewards_available=1)

    assert await differences(busy) == ["Business 1, customer 3: rewards_available is kept as 1, the ledger gives 0"]


async def test_a_reward_that_was_taken_away_is_missed(busy: Shop) -> None:
    await busy.database.write(lambda connection: connection.execute(delete(reward).where(reward.c.customer_id == 1)))

    proof = await prove(busy)

    [earned, available] = [difference.figure for difference in proof.differences]
    assert re.fullmatch(r"the number of rewards of transaction \d+", earned)
    assert available == "the number of open rewards"


@pytest.mark.parametrize("figure", ["customers", "outstanding"])
async def test_totals_of_the_shop_are_proved(busy: Shop, figure: str) -> None:
    await change(busy.database, business_total, where={"business_id": 1}, **{figure: 77})

    [difference] = (await prove(busy)).differences

    assert (difference.of, difference.figure, difference.kept) == ("the totals", figure, 77)


async def test_totals_of_a_day_are_proved_also_where_there_are_none(busy: Shop) -> None:
    await busy.database.write(lambda connection: connection.execute(delete(daily_total)))

    said = await differences(busy)

    assert "Business 1, the day 2026-03-02: visits is kept as 0, the ledger gives 3" in said
    assert {line.split(":")[0] for line in said} == {f"Business 1, the day 2026-03-0{day}" for day in (2, 3, 4, 5)}


async def test_many_differences_are_all_counted_and_the_first_ones_told(busy: Shop) -> None:
    figures = ("current_stamps", "goal", "program_version", "total_stamps", "total_visits", "rewards_earned")
    await change(busy.database, customer, where={"business_id": 1}, **dict.fromkeys(figures, 77))

    proof = await prove(busy)

    assert (proof.found, len(proof.differences)) == (4 * len(figures), FIRST_SHOWN)
