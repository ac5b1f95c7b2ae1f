"""A Citus cluster: what is true of it beside all that holds on every database. Only with LOYALTY_TEST_CITUS_URL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from msgspec.structs import replace
from sqlalchemy import Connection, func, make_url, select, text

from loyalty_app.backups.archive import BackupRefused
from loyalty_app.backups.create import make_backup
from loyalty_app.backups.postgres import stillness
from loyalty_app.backups.restore import restore_backup
from loyalty_app.clock import utc_now
from loyalty_app.db.citus.cluster import find_cluster
from loyalty_app.db.citus.distribution import distribute, shard_count, strays
from loyalty_app.db.citus.engine import CitusDatabase
from loyalty_app.db.engine import open_database
from loyalty_app.db.migrate import _config, migrate
from loyalty_app.db.postgres import engine as postgres
from loyalty_app.db.postgres.parameters import with_database
from loyalty_app.db.schema import schema_differences
from loyalty_app.db.shards import Node
from loyalty_app.db.tables import transaction
from loyalty_app.db.tables.homes import TableHome
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import list_businesses
from loyalty_core.errors import Busy
from testkit.audit import assert_books_balance
from testkit.citus import citus_url, dial_elsewhere
from testkit.console import A_KEY
from testkit.postgres_wire import Cut, open_wire
from testkit.servers import fresh_postgres
from testkit.shop import Shop, open_shop

OLD_SHOP = (
    "INSERT INTO business (id, slug, name, plan, timezone, program_version, created_at)"  # noqa: ISC004  # one statement
    " VALUES (41, 'leaf', 'Leaf', 'basic', 'UTC', 1, now())",
    "INSERT INTO branch (business_id, id, name, created_at) VALUES (41, 1, 'Harbour', now())",
)
MOVE = "SELECT citus_move_shard_placement({}, '{}', {}, '{}', {}, 'force_logical')"
SPLIT = (
    "SELECT citus_split_shard_by_split_points({0}, ARRAY[((shardminvalue::int + shardmaxvalue::bigint) / 2)::text],"
    " (SELECT array_agg(nodeid) FROM (SELECT nodeid FROM pg_dist_node WHERE groupid > 0 ORDER BY 1 LIMIT 2) n),"
    " 'block_writes') FROM pg_dist_shard WHERE shardid = {0}"
)
ISOLATE = "SELECT isolate_tenant_to_new_shard('customer', {}, 'CASCADE', shard_transfer_mode => 'block_writes')"

pytestmark = pytest.mark.skipif(citus_url() is None, reason="LOYALTY_TEST_CITUS_URL names no cluster")


@pytest.fixture
async def cluster(citus_settings: Settings) -> AsyncIterator[CitusDatabase]:
    database = open_database(citus_settings)
    assert isinstance(database, CitusDatabase)
    yield database
    await database.close()


@pytest.fixture
async def shops(cluster: CitusDatabase) -> AsyncIterator[list[Shop]]:
    """Eight shops, which lie in several shards."""
    shops = [await open_shop(cluster) for _ in range(8)]
    assert len({cluster.shard_of(shop.business.id) for shop in shops}) > 1
    yield shops
    for shop in shops:
        await shop.counter.close()


async def test_a_table_that_is_not_where_it_belongs_is_named_and_brought_home(cluster: CitusDatabase) -> None:
    assert await cluster.read(strays) == {}
    async with cluster.engine.connect() as connection:
        await connection.execute(text("SELECT undistribute_table('flag')"))
        assert await connection.run_sync(strays) == {"flag": TableHome.COORDINATOR}
        assert await connection.run_sync(distribute) == ["flag"]
        assert await connection.run_sync(strays) == {}
        await connection.rollback()


async def test_a_table_that_is_split_otherwise_than_the_others_is_named(cluster: CitusDatabase) -> None:
    async with cluster.engine.connect() as connection:
        for key, shards in (("business_id", 3), ("customer_id", 4)):
            await connection.execute(text("SELECT undistribute_table('past_profile')"))
            apart = f"SELECT create_distributed_table('past_profile', '{key}', shard_count => {shards})"
            await connection.execute(text(f"{apart[:-1]}, colocate_with => 'none')"))
            assert await connection.run_sync(strays) == {"past_profile": TableHome.ASTRAY}
        await connection.rollback()


@pytest.mark.parametrize("version", ["0030", "0031", "0032"])
async def test_a_cluster_of_an_earlier_release_that_is_in_use_comes_up_to_date(
    citus_database: str, version: str
) -> None:
    settings = Settings(database_url=citus_database)
    older = postgres.open_engine(citus_database)
    async with older.begin() as connection:
        await connection.run_sync(lambda c: command.upgrade(_config(c), version))
        await connection.run_sync(distribute)
        for statement in OLD_SHOP:
            await connection.execute(text(statement))
    await older.dispose()
    await asyncio.to_thread(migrate, settings)
    database = open_database(settings)
    assert isinstance(database, CitusDatabase)
    assert await database.read(strays) == {}
    assert await database.read(schema_differences) == []
    shop = await open_shop(database)
    assert (await shop.stamp((await shop.join()).id)).total_stamps == 1
    assert [one.id for one in await list_businesses(database)] == [shop.business.id, 41]
    await shop.counter.close()
    await database.close()


async def test_a_cluster_lies_in_two_shards_for_each_machine_or_in_as_many_as_are_set(cluster: CitusDatabase) -> None:
    machines = len(cluster.cluster.nodes)
    assert len(cluster.shards) == max(4, 2 * machines)
    async with cluster.engine.connect() as connection:
        assert await connection.run_sync(shard_count) == max(4, 2 * machines)
        await connection.execute(text("SET citus.shard_count = 2"))
        assert await connection.run_sync(shard_count) == 2


class Tills:
    """One for each shop, which stamps a card until `done`, and repeats what was refused."""

    def __init__(self, shops: list[Shop]) -> None:
        self.shops, self.done, self.given = shops, asyncio.Event(), [0] * len(shops)
        self._cards: list[int] = []

    async def open(self) -> None:
        self._cards = [(await shop.join()).id for shop in self.shops]

    async def stamp(self, place: int) -> None:
        while not self.done.is_set():
            for attempt in range(20):
                try:
                    await self.shops[place].stamp(self._cards[place], key=f"{place} {self.given[place]}")
                    break
                except Busy:
                    assert attempt < 19
            self.given[place] += 1

    async def stamp_while(self, work: Awaitable[None]) -> None:
        async def end() -> None:
            await work
            self.done.set()

        await asyncio.gather(end(), *map(self.stamp, range(len(self.shops))))

    async def assert_all_is_there(self) -> None:
        assert all(self.given)
        for shop, card, count in zip(self.shops, self._cards, self.given, strict=True):
            assert (await shop.customer(card)).card.total_stamps == count
            await assert_books_balance(shop)


async def test_no_stamp_is_lost_or_doubled_when_its_shard_moves_and_who_only_reads_sees_all(
    citus_settings: Settings, cluster: CitusDatabase, shops: list[Shop]
) -> None:
    tills = Tills(shops)
    await tills.open()
    shard = cluster.cluster.shard_of(shops[0].business.id)
    (other,) = {node for node in cluster.cluster.nodes if node != shard.node}
    reader = open_database(citus_settings)

    async def move() -> None:
        await _execute(
            citus_settings.database_url,
            MOVE.format(shard.number, shard.node.host, shard.node.port, other.host, other.port),
        )

    await tills.stamp_while(move())
    await cluster.look_again()
    assert cluster.cluster.shard_of(shops[0].business.id).node == other
    await tills.assert_all_is_there()
    for _ in range(2):  # with the copy that has stayed behind, and without
        assert await reader.read(partial(_stamps, shops[0]), shard=shard) == tills.given[0]
        await _execute(citus_settings.database_url, "CALL citus_cleanup_orphaned_resources()")
    await reader.close()


async def test_no_stamp_is_lost_or_doubled_when_its_shard_is_split_and_its_shop_gets_a_shard_of_its_own(
    citus_database: str,
) -> None:
    settings = Settings(database_url=citus_database, secret_key=A_KEY)
    await asyncio.to_thread(migrate, settings)
    database = open_database(settings)
    assert isinstance(database, CitusDatabase)
    tills = Tills([await open_shop(database) for _ in range(8)])
    await tills.open()
    number = tills.shops[0].business.id
    shard = database.cluster.shard_of(number)

    async def split() -> None:
        await _execute(citus_database, SPLIT.format(shard.number))
        await _execute(citus_database, ISOLATE.format(number))

    known = len(database.shards)
    await tills.stamp_while(split())
    await database.look_again()
    assert len(database.shards) in {known + 2, known + 3}
    assert [
        one.business.id for one in tills.shops if database.shard_of(one.business.id) == database.shard_of(number)
    ] == [number]
    await tills.assert_all_is_there()
    for shop in tills.shops:
        await shop.counter.close()
    await database.close()


def _stamps(shop: Shop, connection: Connection) -> int:
    of_shop = select(func.count()).select_from(transaction).where(transaction.c.business_id == shop.business.id)
    return connection.execute(of_shop).scalar_one()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


@pytest.mark.parametrize("cut", Cut)
async def test_a_batch_whose_commit_broke_on_its_machine_is_answered_and_written_once(
    citus_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: Cut
) -> None:
    found = find_cluster(citus_settings.database_url)
    assert found is not None
    [node, *_] = found.nodes
    there = make_url(citus_settings.database_url).set(host=node.host, port=node.port)
    async with open_wire(there.render_as_string(hide_password=False), tmp_path) as (wire, _):
        dial_elsewhere(monkeypatch, node, Node(str(tmp_path), 5432))
        database = open_database(citus_settings)
        shops = [await open_shop(database) for _ in range(8)]
        cards = [(await shop.join()).id for shop in shops]
        for turn in range(3):
            wire.cut(cut)
            stamps = (
                shop.stamp(card, key=f"{turn} {number}")
                for shop, card in zip(shops, cards, strict=True)
                for number in range(5)
            )
            answers = await asyncio.gather(*stamps)
            assert wire.whole, "it was cut and is whole again"
            assert [answer.total_stamps for answer in answers] == [5 * turn + n for n in range(1, 6)] * len(shops)
        for shop, card in zip(shops, cards, strict=True):
            assert (await shop.customer(card)).card.total_stamps == 15
            await assert_books_balance(shop)
            await shop.counter.close()
        await database.close()


async def test_nobody_writes_while_the_cluster_is_still(citus_settings: Settings, shops: list[Shop]) -> None:
    lena = await shops[0].join()
    async with stillness(citus_settings.database_url) as is_cluster:
        assert is_cluster
        with pytest.raises(Busy):
            await shops[0].stamp(lena.id)
    await shops[0].stamp(lena.id)
    assert (await shops[0].customer(lena.id)).card.total_stamps == 1


async def test_a_backup_that_was_made_while_people_stamp_is_restored_on_an_ordinary_server(
    citus_settings: Settings, shops: list[Shop], postgres_url: str, tmp_path: Path
) -> None:
    cards = [(await shop.join()).id for shop in shops]
    done = asyncio.Event()

    async def stamp(place: int) -> None:
        while not done.is_set():
            try:
                await shops[place].stamp(cards[place])
            except Busy:
                await asyncio.sleep(0)

    async def back_up() -> None:
        made = await asyncio.to_thread(make_backup, citus_settings, tmp_path / "backup", now=utc_now())
        assert made.manifest.customers == len(shops)
        done.set()

    await asyncio.gather(back_up(), *map(stamp, range(len(shops))))
    async with fresh_postgres(postgres_url) as plain:
        there = replace(citus_settings, database_url=with_database(plain, "restored_from_cluster"))
        restored = await asyncio.to_thread(restore_backup, there, tmp_path / "backup", now=utc_now())
        assert (restored.found.proven, restored.found.customers) == (True, len(shops))
        connection = await asyncpg.connect(plain)
        await connection.execute("DROP DATABASE restored_from_cluster WITH (FORCE)")
        await connection.close()
    with pytest.raises(BackupRefused, match="loyalty move"):
        await asyncio.to_thread(restore_backup, citus_settings, tmp_path / "backup", now=utc_now(), replace=True)
