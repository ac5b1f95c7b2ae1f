"""API keys in the chat: shown once, good for the API at once, and closed for ever."""

import re

import pytest

from loyalty_app.shops.api_keys import KeyInfo, list_keys
from loyalty_app.shops.businesses import set_plan
from loyalty_core.access import Plan, Role
from testkit.concurrency import until
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import BOT, Town
from tests.bots.till import open_till

pytestmark = pytest.mark.usefixtures("unhurried")

KEY = re.compile(r"ll_[0-9A-Za-z]{57}")


@pytest.fixture
async def shop(town: Town) -> Shop:
    return await town.open_shop()


@pytest.fixture
async def mira(town: Town, shop: Shop) -> Person:
    """The owner, before her keys."""
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await mira.say("/shop")
    await mira.press("API")
    return mira


def key_on(person: Person) -> str:
    """The one key on a phone."""
    [key] = {found[0] for message in person.messages if (found := KEY.search(message.words))}
    return key


async def open_keys(shop: Shop) -> list[KeyInfo]:
    return [key for key in await list_keys(shop.database, shop.business.id) if key.revoked_at is None]


async def test_a_key_that_was_made_in_the_chat_opens_the_api(town: Town, mira: Person) -> None:
    await mira.press("New key")
    await mira.press("Till")
    async with open_till(town) as till:
        assert (await till.get("/v1/program", key_on(mira)))["status"] == 200


async def test_a_key_has_the_name_that_was_typed(shop: Shop, mira: Person) -> None:
    await mira.press("New key")
    await mira.say("x" * 41)
    await mira.say("Till at the door")
    assert [key.name for key in await open_keys(shop)] == ["Till at the door"]
    assert key_on(mira)


async def test_a_key_stands_in_a_message_of_its_own_that_cannot_be_forwarded_and_can_be_deleted(
    town: Town, mira: Person
) -> None:
    await mira.press("New key")
    await mira.press("Till")
    key = key_on(mira)
    assert [key in message.words for message in mira.messages].count(True) == 1
    assert key in [button.value for button in mira.last.buttons]
    sent = (await town.sandbox.calls(BOT, method="sendMessage"))[-1]
    assert key in sent["params"]["text"]
    assert str(sent["params"]["protect_content"]).lower() == "true"
    await mira.press("Delete this message")
    assert not any(KEY.search(message.words) for message in mira.messages)


async def test_a_key_is_made_once_and_shown_once(town: Town, shop: Shop, mira: Person) -> None:
    await mira.press("New key")
    pressed = next(button.data for button in mira.last.buttons if button.text == "Till")
    screen = mira.last.id
    await mira.press_data(screen, str(pressed))
    await mira.press_data(screen, str(pressed))
    await town.sandbox.redeliver(BOT)
    await mira.screen()
    assert len(await open_keys(shop)) == 1
    assert key_on(mira)
    assert "already" in next(message.words for message in mira.messages if message.id == screen)


async def test_what_opens_the_door_is_not_kept(shop: Shop, mira: Person) -> None:
    await mira.press("New key")
    await mira.press("Till")
    secret = key_on(mira)[11:]
    assert not any(secret in str(key) for key in await list_keys(shop.database, shop.business.id))


async def test_a_closed_key_opens_nothing_any_more(town: Town, shop: Shop, mira: Person) -> None:
    await mira.press("New key")
    await mira.press("Till")
    await mira.press("✖ Till")
    assert len(await open_keys(shop)) == 1
    await mira.press("Yes, close it")
    assert await open_keys(shop) == []
    async with open_till(town) as till:
        assert (await till.get("/v1/program", key_on(mira)))["status"] == 401


async def test_the_list_says_when_a_key_was_used(town: Town, shop: Shop, mira: Person) -> None:
    await mira.press("New key")
    await mira.press("Till")
    await mira.press("✖ Till")
    await mira.press("No, keep it")
    assert "never used" in mira.messages[-2].words
    async with open_till(town) as till:
        await till.get("/v1/program", key_on(mira))
        await until(lambda: was_used(shop))
    await mira.press("✖ Till")
    await mira.press("No, keep it")
    assert "last used" in mira.messages[-2].words


async def was_used(shop: Shop) -> bool:
    return any(key.last_used_at is not None for key in await open_keys(shop))


@pytest.mark.parametrize("plan", [Plan.TRIAL, Plan.BASIC])
async def test_a_plan_without_the_api_is_explained_and_makes_no_key(shop: Shop, mira: Person, plan: Plan) -> None:
    await mira.press("New key")
    late = next(button.data for button in mira.last.buttons if button.text == "Till")
    await set_plan(shop.database, shop.business.id, plan)
    assert await mira.press_data(mira.last.id, str(late)) is not None
    await mira.say("/shop")
    await mira.press("API")
    assert "professional" in mira.last.words
    assert plan.value in mira.last.words
    assert await open_keys(shop) == []


async def test_keys_of_another_shop_stay_open(town: Town, shop: Shop, mira: Person) -> None:
    next_door = await town.open_shop()
    olga = await town.hire(next_door, "Olga", Role.OWNER)
    await olga.say("/shop")
    await olga.press("API")
    await olga.press("New key")
    await olga.press("Website")
    [theirs] = await open_keys(next_door)
    for number in (shop.business.id, next_door.business.id):
        await mira.press_data(mira.last.id, f"closekey:{number}:{theirs.key_id}")
    assert await open_keys(next_door) == [theirs]


async def test_a_key_is_shown_even_if_the_list_of_keys_cannot_be(town: Town, mira: Person) -> None:
    await mira.press("New key")
    await town.sandbox.order_fault(BOT, "server_error", method="editMessageText")
    await mira.press("Till")
    assert key_on(mira)
