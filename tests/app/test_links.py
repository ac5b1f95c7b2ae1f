"""Links: a shop's own bot serves it, or else the shared one, or else there is no link."""

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import telegram_bot
from loyalty_app.shops.links import bot_username, card_link, code_in, invite_link, join_link
from testkit.builders import CODE, NOON, at
from testkit.shop import Shop, open_next_door


async def add_bot(database: Database, bot_id: int, username: str, **values: object) -> None:
    row = {"bot_id": bot_id, "username": username, "secret": "s" * 32, "created_at": NOON, **values}
    await database.write(lambda connection: database.insert(connection, telegram_bot, [row]))


async def username(shop: Shop) -> str | None:
    return await shop.database.read(lambda connection: bot_username(connection, shop.business.id))


async def test_without_a_bot_a_card_says_its_bare_code_and_there_are_no_links(shop: Shop) -> None:
    own = shop.business
    assert await shop.database.read(lambda connection: card_link(connection, own.id, CODE)) == CODE
    assert await shop.database.read(lambda connection: join_link(connection, own)) is None
    assert await shop.database.read(lambda connection: invite_link(connection, own.id, "i_0")) is None


async def test_a_link_opens_the_bot_with_what_it_is_about(shop: Shop) -> None:
    await add_bot(shop.database, 1, "loyalty_bot")
    own = shop.business
    card = await shop.database.read(lambda connection: card_link(connection, own.id, CODE))
    assert card == f"https://t.me/loyalty_bot?start=c_{CODE}"
    assert code_in(card) == CODE
    join = await shop.database.read(lambda connection: join_link(connection, own))
    assert join == f"https://t.me/loyalty_bot?start=j_{own.slug}"
    invite = await shop.database.read(lambda connection: invite_link(connection, own.id, "i_0"))
    assert invite == "https://t.me/loyalty_bot?start=i_0"


async def test_a_shops_own_bot_goes_before_the_shared_one_and_serves_nobody_else(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await add_bot(shop.database, 2, "bean_bot", business_id=shop.business.id)
    assert (await username(shop), await username(next_door)) == ("bean_bot", None)
    await add_bot(shop.database, 1, "loyalty_bot", created_at=at("13:00"))
    assert (await username(shop), await username(next_door)) == ("bean_bot", "loyalty_bot")


async def test_a_removed_bot_serves_nobody_and_of_two_shared_ones_the_newer_does(shop: Shop) -> None:
    await add_bot(shop.database, 2, "bean_bot", business_id=shop.business.id, removed_at=NOON)
    assert await username(shop) is None
    await add_bot(shop.database, 1, "loyalty_bot")
    await add_bot(shop.database, 3, "newer_bot", created_at=at("13:00"))
    await add_bot(shop.database, 4, "gone_bot", created_at=at("14:00"), removed_at=at("15:00"))
    assert await username(shop) == "newer_bot"
