"""A till asks again with its key, after a move that gave the shop another number: the answer is the first one."""

import asyncio
from pathlib import Path

from loyalty_app.counter.answers import Answer
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.moving.move import place_of
from loyalty_app.moving.shop_move import Errand, ShopMove
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import find_business
from loyalty_core.customers import Profile
from loyalty_core.fields import CustomerId, TransactionId
from loyalty_core.stamping import RedeemOrder, StampOrder
from testkit.builders import NOON
from testkit.clocks import Clock
from testkit.shop import Shop, open_shop

OLD_NUMBER, TEA = 1, 2


async def shop_at(database: Database, number: int) -> Shop:
    return Shop(database, await database.read(lambda connection: find_business(connection, number)), Clock())


async def moved(source: Settings, target: Settings, number: int) -> int:
    """Move a shop into a place that is used; its number there."""
    errand = Errand(
        source=source, target=target, came_from=place_of(source), place=place_of(target), shops=(number,), vaults=None
    )
    move = ShopMove(errand, now=NOON, progress=lambda _table, _rows: None)
    try:
        return (await move.move()).numbers.of_shop(number)
    finally:
        await move.close()


async def asked(shop: Shop) -> dict[str, bytes]:
    """What a till asks for in a shop with two programs, each with its key, and the answers to the byte."""
    lena, key, counter = CustomerId(1), shop.caller, shop.counter
    answers: dict[str, Answer[object]] = {
        "join": await counter.join(key("join"), Profile(name="Ben")),
        "stamp": await counter.give_stamp(key("stamp"), lena, StampOrder(stamps=10)),
        "named": await counter.give_stamp(key("named"), lena, StampOrder(program_id=OLD_NUMBER)),
        "tea": await counter.give_stamp(key("tea"), lena, StampOrder(stamps=5, program_id=TEA)),
    }
    voided = answers["named"].outcome
    answers |= {
        "redeem": await counter.redeem(key("redeem"), lena, RedeemOrder()),
        "void": await counter.void(key("void"), TransactionId(getattr(voided, "transaction_id"))),  # noqa: B009  # any outcome
    }
    return {name: answer.body for name, answer in answers.items()}


async def test_a_key_that_was_used_before_the_shop_got_another_number_has_its_first_answer(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    places = [sqlite_settings, *(Settings(database_url=f"sqlite:///{tmp_path}/{name}.db") for name in "bc")]
    for place in places[1:]:
        await asyncio.to_thread(migrate, place)
    old, *others = [open_database(place) for place in places]
    try:
        shop = await open_shop(old)
        await shop.join("Lena")
        assert await shop.make_program("Tea", stamps_required=5) == TEA
        await shop.counter.close()
        shop = await shop_at(old, OLD_NUMBER)
        before = await asked(shop)
        await shop.counter.close()
        number = OLD_NUMBER
        for source, target, there in zip(places[:2], places[1:], others, strict=True):
            for _ in range(4 if there is others[0] else 6):
                await (await open_shop(there)).counter.close()
            number = await moved(source, target, number)
            shop = await shop_at(there, number)
            entries = len(await shop.ledger())
            assert await asked(shop) == before
            assert len(await shop.ledger()) == entries
            assert (await shop.stamp(1, program_id=number)).program_id == number
            await shop.counter.close()
        assert number not in {OLD_NUMBER, TEA}
    finally:
        for database in (old, *others):
            await database.close()
