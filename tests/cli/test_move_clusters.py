"""`loyalty move` to a Citus cluster and from one: a pretended one, and one that LOYALTY_TEST_CITUS_URL names."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread

import asyncpg
import pytest
from sqlalchemy import Connection, insert, select, text

from loyalty_app.db import held_shops
from loyalty_app.db.citus.engine import CitusDatabase
from loyalty_app.db.engine import Database
from loyalty_app.db.migrate import migrate
from loyalty_app.db.tables import customer, telegram_bot, telegram_card, telegram_chat
from loyalty_app.moving import closed_tables, copying
from loyalty_app.moving.changes import log_of
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.shops.businesses import find_business
from loyalty_cli.doctor.moves import examine_moves
from loyalty_core.errors import Busy, BusyReason
from testkit.audit import assert_books_balance
from testkit.builders import NOON
from testkit.citus import citus_url
from testkit.clocks import Clock
from testkit.console import A_KEY, Console, refused
from testkit.pretended_cluster import pretend_cluster
from testkit.shop import Shop, open_shop
from tests.cli.test_move import at, bean, fail, goes_on, keyed, sums, takes_nothing

__all__ = ["bean"]

SHOPS = 4


@pytest.fixture(params=["pretended", *(["citus"] if citus_url() else [])])
def empty_cluster(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A database on a cluster in which nothing is yet, not even a table."""
    if request.param == "citus":
        return Settings(database_url=request.getfixturevalue("citus_database"), secret_key=A_KEY)
    url: str = request.getfixturevalue("postgres_database")
    pretend_cluster(url, monkeypatch)
    return Settings(database_url=url, secret_key=A_KEY)


@pytest.fixture
def chain(empty_cluster: Settings) -> Settings:
    """A cluster with some shops, which lie in several shards."""
    migrate(empty_cluster)

    async def live(database: Database) -> None:
        assert isinstance(database, CitusDatabase)
        for number in range(1, SHOPS + 1):
            shop = await open_shop(database)
            first = await shop.join("Lena")
            for guest in (first, await shop.join("Ben"), await shop.join("Kim")):
                await shop.stamp(guest.id, 10)
                await shop.stamp(guest.id, number)
            await shop.redeem(first.id)
            await shop.counter.close()
        assert len(database.shards) == 1 or len({database.shard_of(number) for number in range(1, SHOPS + 1)}) > 1

    at(empty_cluster, live)
    return empty_cluster


def test_an_installation_goes_to_a_cluster(bean: Settings, empty_cluster: Settings, tmp_path: Path) -> None:
    before = sums(bean)
    told = keyed(Console(tmp_path, bean)).ask("move", "--to", empty_cluster.database_url)
    assert told["rows"]["transaction"] == before["transaction"].rows > 0
    assert sums(empty_cluster) == before
    at(empty_cluster, goes_on)


def test_an_installation_goes_from_a_cluster_with_what_was_done_between_two_tries(
    chain: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    console, there = Console(tmp_path, chain), Settings(database_url=f"sqlite:///{tmp_path}/new.db", secret_key=A_KEY)
    words = ("move", "--to", there.database_url)
    with monkeypatch.context() as patch:
        patch.setattr(copying.Copying, "_prove", fail)
        assert console.run(*words).returncode
    at(chain, late)
    with monkeypatch.context() as patch:
        patch.setattr(closed_tables, "set_mark", fail)  # all is there, and nothing closed
        assert console.run(*words).returncode
    at(chain, late)
    before = sums(chain)

    told = console.ask(*words)

    assert sums(there) == before
    assert told["rows"]["business"] == SHOPS
    assert "ledger: All cards and totals agree" in Console(tmp_path, there).run("doctor").stdout
    assert "has moved to" in refused(console.run("business", "list"), 2)
    at(chain, takes_nothing)
    at(there, late)


async def late(database: Database) -> None:
    """Something is done in each shop."""
    for number in range(1, SHOPS + 1):
        shop = await shop_of(database, number)
        await shop.stamp(await first_of(shop), 4)
        await shop.join("Zoë")
        await shop.erase((await shop.join("Ana")).id)
        await assert_books_balance(shop)
        await shop.counter.close()


async def first_of(shop: Shop) -> int:
    """The number of the first guest of a shop."""
    return await shop.database.read(partial(first_in, shop=shop.business.id))


def first_in(connection: Connection, *, shop: int) -> int:
    own = select(customer.c.id).where(customer.c.business_id == shop).order_by(customer.c.id).limit(1)
    return int(connection.execute(own).scalar_one())


async def shop_of(database: Database, number: int) -> Shop:
    return Shop(database, await database.read(lambda connection: find_business(connection, number)), Clock())


def test_a_cluster_that_was_left_held_says_busy_until_the_move_is_given_up(
    chain: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    console, words = Console(tmp_path, chain), ("move", "--to", f"sqlite:///{tmp_path}/new.db")
    with monkeypatch.context() as patch:
        patch.setattr(closed_tables, "set_mark", fail)
        patch.setattr(closed_tables, "release_tables", nothing)  # as if the command had been killed
        assert console.run(*words).returncode
    at(chain, says_busy)
    [check] = asyncio.run(examine_moves(chain))
    assert "All changes are refused as busy until then." in check.details
    assert console.ask(*words, "--give-up") == {"moved": False, "given_up": True}
    at(chain, late)
    assert at(chain, lambda database: database.read(log_of)) is None


@pytest.mark.parametrize("which", [(), ("--business", "2")], ids=["all", "one"])
def test_a_shard_that_begins_to_move_while_shops_are_held_ends_the_command_and_all_can_write_at_once(
    chain: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: tuple[str, ...]
) -> None:
    console = Console(tmp_path, chain)
    words = ("move", "--to", f"sqlite:///{tmp_path}/new.db", *which)
    with monkeypatch.context() as patch, shard_that_moves(chain) as begin:
        patch.setattr(held_shops, "LOCK_MILLISECONDS", 100)
        patch.setattr(held_shops, "MOVING_SHARDS", "SELECT 1")

        async def disturbed(*_: object) -> None:
            await asyncio.to_thread(begin)
            raise SettingsError("no trigger can be changed now")

        patch.setattr(copying.Copying, "finish", disturbed)
        ended = console.run(*words)
        assert (ended.returncode, held_shops.SHARDS_MOVE in ended.stderr) == (2, True)
        at(chain, late)


@contextmanager
def shard_that_moves(place: Settings) -> Iterator[Callable[[], None]]:
    """Yield what takes the lock that Citus has while a shard moves; it is given back at the end."""
    begun, ended = Event(), Event()

    async def hold() -> None:
        connection = await asyncpg.connect(place.database_url)
        try:
            async with connection.transaction():
                await connection.execute("LOCK TABLE customer IN SHARE UPDATE EXCLUSIVE MODE")
                begun.set()
                await asyncio.to_thread(ended.wait)
        finally:
            begun.set()
            await connection.close()

    thread = Thread(target=lambda: asyncio.run(hold()))

    def begin() -> None:
        thread.start()
        begun.wait()

    try:
        yield begin
    finally:
        ended.set()
        thread.join()


async def nothing(*_: object) -> None:
    """What is not done."""


async def says_busy(database: Database) -> None:
    for number in (1, 2, 3):
        shop = await shop_of(database, number)
        with pytest.raises(Busy) as refusal:
            await shop.join("Late")
        assert refusal.value.reason is BusyReason.LOCKED
        await shop.counter.close()


def test_a_shop_goes_from_a_cluster_with_the_chats_in_which_its_cards_hang_and_others_go_on(
    chain: Settings, tmp_path: Path
) -> None:
    there = Settings(database_url=f"sqlite:///{tmp_path}/new.db", secret_key=A_KEY)
    at(chain, lambda database: database.write(hang_cards))
    console = Console(tmp_path, chain)
    words = ("move", "--to", there.database_url, "--business", "2")

    plan, told = console.ask(*words, "--dry-run"), console.ask(*words)

    assert told["rows"] == plan["rows"]
    assert told["rows"]["telegram_chat"] == 1
    assert at(there, lambda database: database.read(chats)) == [77]
    at(there, lambda database: done_in(database, 2))
    at(chain, lambda database: done_in(database, 1))
    at(chain, lambda database: done_in(database, 3))
    assert f"moved to {there.database_url}" in refused(console.run(*words), 2)


def hang_cards(connection: Connection) -> None:
    """The first guest of the first shops has a card in the chat with a shared bot."""
    row = {"bot_id": 5, "username": "shared", "secret": "x", "created_at": NOON}
    connection.execute(insert(telegram_bot).values(**row)).close()
    for shop, person in ((2, 77), (3, 78)):
        at_bot = {"bot_id": 5, "chat_id": person, "created_at": NOON, "language": "en"}
        connection.execute(insert(telegram_chat).values(**at_bot)).close()
        card: dict[str, object] = {"business_id": shop, "bot_id": 5, "user_id": person, "created_at": NOON}
        card |= {"customer_id": first_in(connection, shop=shop)}
        card |= dict.fromkeys(("shown_version", "shown_stamps", "shown_rewards"), 0) | {"muted": False}
        connection.execute(insert(telegram_card).values(**card)).close()


def chats(connection: Connection) -> list[int]:
    return list(connection.scalars(text("SELECT chat_id FROM telegram_chat ORDER BY chat_id")))


async def done_in(database: Database, number: int) -> None:
    shop = await shop_of(database, number)
    await shop.stamp(await first_of(shop))
    await assert_books_balance(shop)
    await shop.counter.close()
