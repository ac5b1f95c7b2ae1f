"""A shop moves with its own bot and gets another number: what hangs in its chats, and what was asked there, goes on."""

import ast
import asyncio
import shutil
from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import Connection, select

from loyalty_app.db.engine import open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.db.tables import telegram_bot
from loyalty_app.moving.move import place_of
from loyalty_app.moving.renumbering import DRAFT_NUMBERS
from loyalty_app.moving.shop_move import Errand, ShopMove
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import find_business
from loyalty_app.shops.workplaces import require_position
from loyalty_core.access import Role
from loyalty_core.fields import BotId, BusinessId, UserId
from testkit.builders import NOON
from testkit.shop import Shop, open_shop
from testkit.town import Town
from tests.bots.customers import card_of, give_own_bot

SAID = {
    *("album", "codes", "customer", "field", "message", "name", "nonce", "phone"),
    *("reward", "row", "shown", "stamps", "title"),
}
"""Answers of open questions that are no numbers of shops or programs."""


async def moved(town: Town, number: int, there: Settings) -> Shop:
    """Let a shop move to another database, where other shops have its number, and serve it from there."""
    await asyncio.to_thread(migrate, there)
    new = open_database(there)
    for _ in range(3):
        await (await open_shop(new)).counter.close()
    await new.close()
    await town.stop()
    shutil.copy(f"{town.settings.sqlite_path}.key", f"{there.sqlite_path}.key")
    errand = Errand(
        source=town.settings,
        target=there,
        came_from=place_of(town.settings),
        place=place_of(there),
        shops=(number,),
        vaults=None,
    )
    move = ShopMove(errand, now=NOON, progress=lambda _table, _rows: None)
    try:
        number = (await move.move()).numbers.of_shop(number)
    finally:
        await move.close()
    town.settings = replace(town.settings, database_url=there.database_url)
    await town.start()
    business = await town.runtime.database.read(lambda connection: find_business(connection, number))
    return Shop(town.runtime.database, business, (await town.open_shop()).clock, town.runtime.counter)


async def test_old_buttons_and_open_questions_go_on_after_a_move_that_gave_the_shop_another_number(
    town: Town, tmp_path: Path
) -> None:
    shop = await town.open_shop()
    await give_own_bot(town, shop, "bean_bot")
    await town.restart()
    shop = Shop(town.runtime.database, shop.business, shop.clock, town.runtime.counter)
    mira = (await town.hire(shop, "Mira", Role.OWNER)).at("bean_bot")
    ben = (await town.hire(shop, "Ben", Role.OWNER)).at("bean_bot")
    lena = (await town.person("Lena", bot="bean_bot")).at("bean_bot")
    await lena.start(f"j_{shop.business.slug}")
    for owner in (mira, ben):
        await owner.start()
        await owner.say("/shop")
    await mira.press("⚙️ Settings")
    await mira.press("✏️ Name")

    shop = await moved(town, shop.business.id, Settings(database_url=f"sqlite:///{tmp_path}/there.db"))

    assert shop.business.id != 1
    await mira.say("Bean & Moon")
    assert (await shop.database.read(lambda c: find_business(c, shop.business.id))).name == "Bean & Moon"
    await ben.press("👥 Staff")
    assert "Mira" in ben.last.words
    assert await at_the_desk(shop, mira.id, 1) == shop.business.id
    assert await lena.press_data((await card_of(lena)).id, "myhistory:1") is None
    assert "History at" in (await card_of(lena)).words
    assert await mira.press_data(mira.last.id, "team:2:1") == "You are not on the staff of this shop."


async def at_the_desk(shop: Shop, user_id: int, number: int) -> int:
    """The shop that opens at an address with a number."""

    def look(connection: Connection) -> int:
        own = select(telegram_bot.c.bot_id).where(telegram_bot.c.business_id == shop.business.id)
        bot_id = BotId(connection.execute(own).scalar_one())
        return require_position(connection, BusinessId(number), user_id=UserId(user_id), bot_id=bot_id).business.id

    return await shop.database.read(look)


def test_it_is_known_of_every_answer_of_an_open_question_whether_it_is_the_number_of_a_shop() -> None:
    named = set()
    for file in Path("bots").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Draft":
                keys = [key for one in node.args if isinstance(one, ast.Dict) for key in one.keys]
                named |= {key.value for key in keys if isinstance(key, ast.Constant)}
    assert named == SAID | set(DRAFT_NUMBERS)
