"""Opening a shop in a chat: the last answer opens one shop, however often it comes."""

import asyncio

import pytest

from loyalty_app.chat.chats import ChatChange, change_chat, find_chat
from loyalty_app.db.engine import Database
from loyalty_app.shops.api_keys import list_keys
from loyalty_app.shops.businesses import NewBusiness, list_businesses
from loyalty_app.shops.opening import MOST_OWNED, DraftGone, ShopFounder, open_shop_in_chat
from loyalty_app.shops.staff import Position, positions
from loyalty_core.access import Plan, Role
from loyalty_core.errors import InvalidRequest, ShopLimitReached
from loyalty_core.fields import BotId, ChatId, UserId
from testkit.builders import NOON, a_program
from tests.app.test_links import add_bot

BOT, OTTO = BotId(1), ChatId(701)
DRAFT = b'{"name":"Cafe"}'


@pytest.fixture(autouse=True)
async def _bot(database: Database) -> None:
    await add_bot(database, BOT, "stamp_bot")


async def write_draft(database: Database, draft: bytes | None = DRAFT) -> None:
    await change_chat(database, BOT, OTTO, ChatChange(draft=draft), now=NOON)


async def open_one(database: Database, draft: bytes = DRAFT, *, shop: str = "Café", name: str = "Otto") -> Position:
    new = NewBusiness(name=shop, plan=Plan.TRIAL)
    terms = a_program().terms
    founder = ShopFounder(bot_id=BOT, chat_id=OTTO, draft=draft, name=name)
    return await open_shop_in_chat(database, new, terms, founder=founder, now=NOON)


async def count(database: Database) -> int:
    return len(await list_businesses(database))


async def draft_left(database: Database) -> bytes | None:
    return (await database.read(lambda connection: find_chat(connection, BOT, OTTO))).draft


async def test_whoever_opens_a_shop_owns_it_and_the_draft_is_done(database: Database) -> None:
    await write_draft(database)
    position = await open_one(database)
    assert (position.business.name, position.name, position.role) == ("Café", "Otto", Role.OWNER)
    assert await database.read(lambda connection: positions(connection, UserId(OTTO))) == [position]
    assert await draft_left(database) is None
    assert await list_keys(database, position.business.id) == []


async def test_the_same_answer_again_opens_no_second_shop(database: Database) -> None:
    await write_draft(database)
    both = await asyncio.gather(open_one(database), open_one(database), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in both) == ["DraftGone", "Position"]
    assert await count(database) == 1


@pytest.mark.parametrize("there", [None, b'{"name":"Bar"}'])
async def test_another_draft_than_the_one_answered_opens_nothing_and_stays(
    database: Database, there: bytes | None
) -> None:
    await write_draft(database, there)
    with pytest.raises(DraftGone):
        await open_one(database)
    assert (await count(database), await draft_left(database)) == (0, there)


@pytest.mark.parametrize(("shop", "name"), [("", "Otto"), ("Café", "\n")])
async def test_a_refused_answer_opens_nothing_and_leaves_the_draft(database: Database, shop: str, name: str) -> None:
    await write_draft(database)
    with pytest.raises(InvalidRequest):
        await open_one(database, shop=shop, name=name)
    assert (await count(database), await draft_left(database)) == (0, DRAFT)


async def test_a_person_owns_five_shops_at_most(database: Database) -> None:
    for _ in range(MOST_OWNED):
        await write_draft(database)
        await open_one(database)
    await write_draft(database)
    with pytest.raises(ShopLimitReached):
        await open_one(database)
    assert (await count(database), await draft_left(database)) == (MOST_OWNED, DRAFT)
