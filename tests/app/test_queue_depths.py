"""Depths: what waits in the database is counted for bots that are there, and for no others."""

from sqlalchemy import Connection

from loyalty_app.chat.bots import BotRecord, register, remove_bot
from loyalty_app.chat.card_queue import card_depths
from loyalty_app.chat.incoming_updates import NewUpdate, take_in
from loyalty_app.chat.update_queue import update_depths
from loyalty_app.counter.orders import Holder
from loyalty_app.vault import Vault
from loyalty_core.customers import Profile
from testkit.shop import Shop

SHARED, OWN, LENA = 1, 2, 501
VAULT = Vault("the key of this installation")


async def give_bot(shop: Shop, bot_id: int, business_id: int | None) -> None:
    """A bot is there, an update waits for it, and a card is due in its chat."""
    record = BotRecord(
        bot_id=bot_id, business_id=business_id, username=f"b{bot_id}_bot", secret="s", token="t"
    )  # made up
    await register(shop.database, VAULT, record, now=shop.clock.now)
    await take_in(shop.database, bot_id, [NewUpdate(1, LENA, b"{}")], now=shop.clock.now)
    await shop.counter.join(shop.caller(), Profile(name="Lena"), holder=Holder(bot_id, LENA))


async def waiting(shop: Shop, *, shared_bot: bool = True) -> tuple[int, int]:
    """How many updates, and how many cards."""
    shop.clock.wait(minutes=1)
    now = shop.clock.now
    asked = (update_depths, card_depths)

    def look(connection: Connection) -> list[int]:
        return [int(depth.value) for one in asked for depth in one(connection, now, shared_bot=shared_bot)]

    updates, cards = await shop.database.read(look)
    return updates, cards


async def test_what_was_left_for_a_bot_that_was_taken_away_is_not_counted(shop: Shop) -> None:
    await give_bot(shop, SHARED, None)
    await give_bot(shop, OWN, shop.business.id)
    assert await waiting(shop) == (2, 2)
    await remove_bot(shop.database, shop.business.id, now=shop.clock.now)
    assert await waiting(shop) == (1, 1)


async def test_what_was_left_for_a_shared_bot_is_not_counted_once_the_settings_have_none(shop: Shop) -> None:
    await give_bot(shop, SHARED, None)
    await give_bot(shop, OWN, shop.business.id)
    assert await waiting(shop, shared_bot=False) == (1, 1)
