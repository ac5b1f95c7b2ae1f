"""`loyalty key`: making, listing and closing API keys from a terminal, on either database."""

from pathlib import Path

import pytest

from loyalty_app.db.engine import Database
from loyalty_app.settings import Settings
from loyalty_core.access import Scope
from loyalty_core.errors import InvalidApiKey
from testkit.clocks import Clock
from testkit.console import Console, refused
from testkit.shop import Shop, holder_of

OF_SHOP = ("--business", "1")


@pytest.fixture
def console(tmp_path: Path, settings: Settings, shop: Shop) -> Console:
    """A terminal at a shop that is open and has no key."""
    del shop
    return Console(tmp_path, settings)


async def test_a_key_may_do_what_it_was_made_for(console: Console, database: Database) -> None:
    made = console.ask("key", "create", *OF_SHOP, "--name", "Till", "--scopes", "stamps:write, customers:read")

    holder = await holder_of(database, made["api_key"])

    assert (holder.key.key_id, holder.key.name) == (made["key_id"], "Till")
    assert holder.key.scopes == {Scope.STAMPS_WRITE, Scope.CUSTOMERS_READ}


async def test_a_key_may_do_everything_unless_it_is_said_what(console: Console, database: Database) -> None:
    made = console.ask("key", "create", *OF_SHOP, "--name", "Till")

    assert (await holder_of(database, made["api_key"])).key.scopes == set(Scope)


async def test_a_revoked_key_opens_nothing(console: Console, database: Database) -> None:
    made = console.ask("key", "create", *OF_SHOP, "--name", "Till")

    closed = console.ask("key", "revoke", *OF_SHOP, str(made["key_id"]))

    assert closed["revoked_at"] is not None
    with pytest.raises(InvalidApiKey):
        await holder_of(database, made["api_key"])


def test_a_list_of_keys_shows_no_secret(console: Console) -> None:
    made = console.ask("key", "create", *OF_SHOP, "--name", "Till")

    listed = console.run("key", "list", *OF_SHOP)
    keys = console.ask("key", "list", *OF_SHOP)["keys"]

    assert [(key["key_id"], key["name"]) for key in keys] == [(made["key_id"], "Till")]
    assert made["api_key"].startswith(keys[0]["begins_with"])
    assert made["api_key"] not in listed.stdout + str(keys)


def test_a_key_that_is_not_there_cannot_be_revoked(console: Console) -> None:
    message = refused(console.run("key", "revoke", *OF_SHOP, "99"), 2)

    assert message == "Error: Invalid value for KEY_ID: business 1 has no key 99."


def test_a_scope_that_does_not_exist_is_named(console: Console) -> None:
    ended = console.run("key", "create", *OF_SHOP, "--name", "Till", "--scopes", "stamps:write,money:print")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "'--scopes': money:print is no scope" in ended.stderr


async def test_a_test_key_is_marked_and_its_shop_stands_in_no_list(console: Console, database: Database) -> None:
    console.ask("key", "create", *OF_SHOP, "--name", "Till")
    made = console.ask("key", "create", *OF_SHOP, "--name", "Trying out", "--test")

    keys = console.ask("key", "list", *OF_SHOP)["keys"]
    assert made["test"] is True
    assert [(key["name"], key["test"]) for key in keys] == [("Till", False), ("Trying out", True)]
    shops = console.ask("business", "list")["businesses"]
    assert [shop["business_id"] for shop in shops] == [1]
    assert console.run("doctor").returncode == 0

    holder = await holder_of(database, made["api_key"])
    twin = Shop(database, holder.business, Clock())
    await twin.stamp((await twin.join()).id)
    await twin.counter.close()
    wiped = console.ask("key", "wipe-test", *OF_SHOP)
    assert (wiped["rows"]["customer"], wiped["rows"]["transaction"], wiped["left"]) == (1, 1, 0)
    assert console.run("doctor").returncode == 0
    assert (await holder_of(database, made["api_key"])).business == holder.business
    assert console.ask("key", "revoke", *OF_SHOP, str(made["key_id"]))["name"] == "Trying out"
