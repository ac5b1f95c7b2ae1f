"""A crowd that a database has made for a benchmark is one that the counter could have made."""

import asyncio

import pytest
from sqlalchemy import select

from bench.crowd.fill import fill
from bench.crowd.shape import Crowd, code_of
from loyalty_app.counter import Caller, Counter
from loyalty_app.db.engine import open_database
from loyalty_app.db.tables import customer
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import Business
from loyalty_core.customers import Profile, parse_code
from loyalty_core.ledger import SYSTEM
from loyalty_core.stamping import RedeemOrder, StampOrder
from tests.bench.books import differences, look, rows


@pytest.mark.parametrize("shops", [1, 3])
def test_the_books_of_a_crowd_can_be_proven(settings: Settings, shops: int) -> None:
    fill(settings, Crowd(shops=shops, customers=60, stamps=1_500))

    assert differences(settings) == []
    assert rows(settings)["customer"] == 60
    assert rows(settings)["transaction"] == pytest.approx(1_560, abs=60)


def test_a_crowd_goes_on_living(settings: Settings) -> None:
    [shop] = fill(settings, Crowd(customers=40, stamps=400))

    asyncio.run(live_on(settings, shop))

    assert differences(settings) == []


async def live_on(settings: Settings, shop: Business) -> None:
    """Somebody joins; everybody is stamped; those who may redeem do."""
    database = open_database(settings)
    counter, caller = Counter(database), Caller(business=shop, actor=SYSTEM)
    await counter.join(caller, Profile(name="Newcomer"))
    for _ in range(10):
        await asyncio.gather(*(counter.give_stamp(caller, number, StampOrder()) for number in range(1, 41)))
    await asyncio.gather(*(counter.redeem(caller, number, RedeemOrder()) for number in range(1, 41)))
    await counter.close()
    await database.close()


def test_all_codes_of_a_crowd_can_be_scanned(settings: Settings) -> None:
    fill(settings, Crowd(customers=50, stamps=50))

    codes = look(
        settings,
        lambda connection: list(connection.execute(select(customer.c.qr_code).order_by(customer.c.id)).scalars()),
    )

    assert [parse_code(code) for code in codes] == codes
    assert codes == [code_of(number) for number in range(1, 51)]
    assert len(set(codes)) == 50


def test_a_crowd_that_would_come_twice_a_day_is_refused() -> None:
    with pytest.raises(SystemExit, match="Too many"):
        Crowd(customers=1, stamps=10_000)
