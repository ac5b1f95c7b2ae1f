"""`loyalty staff`: inviting, listing and removing people from a terminal, on either database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loyalty_app.db.engine import open_database
from loyalty_app.settings import Settings
from loyalty_app.shops.invites import accept
from loyalty_core.access import Role
from testkit.builders import ANA, OTTO
from testkit.console import CAFE, Console, refused
from testkit.shop import Shop, open_shop
from tests.app.test_links import add_bot

OF_SHOP = ("--business", "1")


@pytest.fixture
async def sqlite_shop(sqlite_settings: Settings) -> AsyncIterator[Shop]:
    database = open_database(sqlite_settings)
    shop = await open_shop(database)
    yield shop
    await shop.counter.close()
    await database.close()


async def test_an_invitation_from_the_terminal_lets_somebody_in(tmp_path: Path, settings: Settings, shop: Shop) -> None:
    given = Console(tmp_path, settings).ask("staff", "invite", *OF_SHOP, "--role", "manager")
    assert (given["business_id"], given["role"], given["link"]) == (1, "manager", None)
    accepted = await accept(shop.database, given["invite"], user_id=601, name="Nina", now=shop.clock.now)
    assert accepted.position.role is Role.MANAGER


async def test_with_a_bot_invitations_are_links(tmp_path: Path, sqlite_settings: Settings, sqlite_shop: Shop) -> None:
    await add_bot(sqlite_shop.database, 1, "loyalty_bot")
    console = Console(tmp_path, sqlite_settings)
    given = console.ask("staff", "invite", *OF_SHOP)
    assert given["link"] == f"https://t.me/loyalty_bot?start={given['invite']}"
    assert given["role"] == "staff"
    made = console.ask("business", "create", *CAFE)
    assert made["owner_link"] == f"https://t.me/loyalty_bot?start={made['owner_invite']}"
    assert "https://t.me/loyalty_bot?start=i_" in console.run("business", "create", *CAFE).stdout


@pytest.mark.parametrize("words", [("staff", "invite", *OF_SHOP), ("business", "create", *CAFE)])
async def test_an_invitation_comes_with_what_to_do_with_it(
    tmp_path: Path, sqlite_settings: Settings, sqlite_shop: Shop, words: tuple[str, ...]
) -> None:
    console = Console(tmp_path, sqlite_settings)
    without = console.run(*words).stdout
    await add_bot(sqlite_shop.database, 1, "loyalty_bot")
    assert "LOYALTY_TELEGRAM_TOKEN" in without
    assert "pastes the code into the chat with the bot" in without
    assert "paste into the chat with the bot" in console.run(*words).stdout


async def test_the_staff_is_listed_and_who_is_removed_is_gone(tmp_path: Path, settings: Settings, shop: Shop) -> None:
    await shop.hire(ANA, OTTO)
    console = Console(tmp_path, settings)
    here = console.ask("staff", "list", *OF_SHOP)["staff"]
    assert [(one["staff_id"], one["name"], one["role"]) for one in here] == [(7, "Ana", "staff"), (10, "Otto", "owner")]
    assert console.ask("staff", "remove", *OF_SHOP, "--staff", "7") == here[0]
    assert console.ask("staff", "list", *OF_SHOP)["staff"] == here[1:]


async def test_the_last_owner_stays_and_a_stranger_is_none_of_the_staff(
    tmp_path: Path, sqlite_settings: Settings, sqlite_shop: Shop
) -> None:
    await sqlite_shop.hire(OTTO)
    console = Console(tmp_path, sqlite_settings)
    last = refused(console.run("staff", "remove", *OF_SHOP, "--staff", "10"), 1)
    assert last == "Error: This is the last owner, and a shop needs one. Invite another owner first."
    unknown = refused(console.run("staff", "remove", *OF_SHOP, "--staff", "7"), 2)
    assert unknown == "Error: Invalid value for --staff: business 1 has nobody 7 on its staff."


@pytest.mark.parametrize("words", [("invite",), ("list",), ("remove", "--staff", "1")])
def test_a_shop_that_is_not_there_has_no_staff(tmp_path: Path, sqlite_settings: Settings, words: tuple[str]) -> None:
    ended = Console(tmp_path, sqlite_settings).run("staff", *words, "--business", "7")
    assert refused(ended, 2) == "Error: Invalid value for --business: there is no business 7."
