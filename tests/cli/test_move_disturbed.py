"""A move that is killed, a till that goes on meanwhile, and the way back: nothing is lost, nothing counts twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import Connection, Executable, insert, select, text, update

from loyalty_app.customers.histories import Seen
from loyalty_app.customers.proof import Proof
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.db.tables import api_key, business, customer, import_job, telegram_bot, transaction
from loyalty_app.importing.import_jobs import ImportQueue
from loyalty_app.moving.arrivals import check_clashes
from loyalty_app.moving.belongings import Cargo
from loyalty_app.moving.books import Books
from loyalty_app.moving.changes import open_log, read_changes
from loyalty_app.moving.departures import begin_log, end_log, hold, release
from loyalty_app.moving.shop_move import Errand, MovedShops, ShopMove
from loyalty_app.moving.snapshots import snapshot
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.shops.api_key_check import ApiKeys
from loyalty_app.shops.api_keys import create_key
from loyalty_app.shops.businesses import find_business
from loyalty_app.shops.closing import close_shop
from loyalty_app.shops.notice_facts import SameNumberFacts
from loyalty_app.shops.owner_notices import NoticeQueue, add_notice
from loyalty_core.errors import Busy, ShopMoved
from testkit.builders import NOON
from testkit.clocks import Clock
from testkit.killed_writes import killed_at
from testkit.shop import Shop, open_shop

PLACE = "the new place"


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    database = open_database(settings)
    try:
        yield database
    finally:
        await database.close()


async def shop_at(database: Database, number: int = 1) -> Shop:
    return Shop(database, await database.read(lambda c: find_business(c, number)), Clock())


async def a_shop(settings: Settings, *, guests: int = 40) -> list[int]:
    """A shop with some guests who have stamps; their ids."""
    async with opened(settings) as database:
        shop = await open_shop(database)
        people: list[int] = [
            (await shop.join(f"Guest {number}", phone=f"+49151{number:08}")).id for number in range(guests)
        ]
        for number in people:
            await shop.stamp(number, 3, key=f"first {number}")
        await shop.counter.close()
        return people


@pytest.fixture
def there(tmp_path: Path) -> Settings:
    """A used installation: another shop is there."""
    found = Settings(database_url=f"sqlite:///{tmp_path}/there.db", secret_key="a key for tests, and nowhere else")
    migrate(found)
    asyncio.run(a_shop(found, guests=2))
    return found


def errand(source: Settings, target: Settings, number: int = 1, *, replace: bool = False) -> Errand:
    return Errand(
        source=source,
        target=target,
        came_from=source.database_url,
        place=PLACE,
        shops=(number,),
        vaults=None,
        replace=replace,
    )


async def moved(one: Errand) -> MovedShops | None:
    """Move, as the command does."""
    move = ShopMove(one, now=NOON, progress=lambda _table, _rows: None)
    try:
        return None if await move.finish_opening() else await move.move()
    finally:
        await move.close()


async def prove(database: Database, number: int) -> Proof:
    proof = Proof(await database.read(lambda c: find_business(c, number)))
    await database.read(proof.run)
    assert proof.differences == []
    return proof


def test_a_move_that_is_killed_again_and_again_arrives_with_all_that_was_stamped_meanwhile(
    sqlite_settings: Settings, there: Settings
) -> None:
    people = asyncio.run(a_shop(sqlite_settings))
    kept: dict[str, int] = {}

    async def stamp(round_: int) -> None:
        async with opened(sqlite_settings) as database:
            shop = await shop_at(database)
            for number in people[:5]:
                key = f"round {round_} of {number}"
                try:
                    kept[key] = (await shop.stamp(number, key=key)).transaction_id
                except (Busy, ShopMoved):
                    continue
            await shop.counter.close()

    kills = 0
    for round_, write in enumerate(range(2, 200, 3)):
        if not killed_at(write, lambda: asyncio.run(moved(errand(sqlite_settings, there)))):
            break
        kills += 1
        asyncio.run(stamp(round_))
    assert kills > 4
    assert kills < 12, "each went on where the one before was"
    asyncio.run(ends(sqlite_settings, there, kept))


async def ends(source: Settings, target: Settings, kept: dict[str, int]) -> None:
    """Run the move to its end, if it is not there yet; all that was stamped is there, once."""
    async with opened(source) as old, opened(target) as new:
        is_closed = await old.read(lambda c: c.scalar(select(business.c.moved_to).where(business.c.id == 1)))
        still = await new.read(lambda c: c.scalar(select(business.c.id).where(business.c.moved_to == "")))
        if not is_closed or still is not None:
            await moved(errand(source, target))
        number = await new.read(lambda c: c.scalar(select(business.c.id).order_by(business.c.id.desc()).limit(1)))
        shop = await shop_at(new, number or 0)
        entries = {entry.id for entry in await shop.ledger()}
        assert set(kept.values()) <= entries
        assert len(entries) == 40 + len(kept)
        for key, transaction_id in kept.items():
            guest = int(key.rpartition(" ")[2])
            assert (await shop.stamp(guest, key=key)).transaction_id == transaction_id
        assert len(await shop.ledger()) == len(entries)
        assert (await shop.join("Zoë")).id not in {entry.customer_id for entry in await shop.ledger()}
        assert (await shop.stamp(1)).transaction_id > max(entries)
        await prove(new, number or 0)
        await shop.counter.close()


async def test_tills_go_on_during_a_move_and_each_key_stamps_once(settings: Settings, tmp_path: Path) -> None:
    target = Settings(database_url=f"sqlite:///{tmp_path}/there.db")
    await asyncio.to_thread(migrate, target)
    people, ended, keys = await a_shop(settings, guests=20), asyncio.Event(), list[str]()
    async with opened(settings) as old:
        text = (await create_key(old, 1, name="Till", now=NOON)).api_key

    async def till(name: str) -> None:
        """Stamp until the move has ended and a little longer; ask again with the same key, at the new place at last."""
        async with opened(settings) as old, opened(target) as new:
            here, left = await shop_at(old), 5
            while left:
                left -= int(ended.is_set())
                guest = people[len(keys) % len(people)]
                keys.append(f"{name} {len(keys)}")
                here = await _once(here, new, guest, keys[-1])
            await here.counter.close()

    async def run() -> None:
        try:
            await moved(errand(settings, target))
        finally:
            ended.set()

    await asyncio.gather(run(), till("A"), till("B"))
    async with opened(target) as new, opened(settings) as old:
        shop = await shop_at(new)
        assert len(await shop.ledger()) == 20 + len(keys)
        await prove(new, 1)
        await shop.counter.close()
        assert (await ApiKeys(new).recognise(text)).business.id == 1
        with pytest.raises(ShopMoved, match=PLACE):
            await ApiKeys(old).recognise(text)
        assert (await close_shop(old, 1)).left == 0


async def _once(here: Shop, new: Database, guest: int, key: str) -> Shop:
    while True:
        try:
            await here.stamp(guest, key=key)
        except Busy:
            await asyncio.sleep(0)
        except ShopMoved:
            await here.counter.close()
            here = await shop_at(new)
        else:
            return here


async def test_a_shop_comes_back_over_what_it_left_or_after_that_was_deleted(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    target = Settings(database_url=f"sqlite:///{tmp_path}/there.db")
    await asyncio.to_thread(migrate, target)
    await a_shop(sqlite_settings, guests=5)
    for replace in (True, False):
        assert await moved(errand(sqlite_settings, target, replace=True))
        async with opened(target) as new:
            shop = await shop_at(new)
            await shop.stamp(1)
            before = await shop.ledger()
            await shop.counter.close()
        with pytest.raises(SettingsError, match="--replace"):
            await moved(errand(target, sqlite_settings))
        async with opened(sqlite_settings) as old:
            if not replace:
                assert (await close_shop(old, 1)).left == 0
            told = await moved(errand(target, sqlite_settings, replace=replace))
            assert told is not None
            assert told.numbers.none
            shop = await shop_at(old)
            assert await shop.ledger() == before
            await prove(old, 1)
            await shop.stamp(1)
            await shop.counter.close()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (update(customer).where(customer.c.id == 1).values(qr_code="CUSAAAAAAAAAA"), "the code CUSAAAAAAAAAA"),
        (update(business).values(slug="the-same-1"), "the shop the-same-1"),
        (
            insert(api_key).values(
                business_id=1, id=9, public_id="same", digest=b"x" * 32, name="x", scopes="", created_at=NOON
            ),
            "the API key same",
        ),
        (
            insert(telegram_bot).values(bot_id=77, business_id=1, username="x", secret="x", created_at=NOON),
            "the bot 77",
        ),
    ],
)
async def test_what_cannot_be_renumbered_and_is_there_is_named_and_nothing_is_changed(
    sqlite_settings: Settings, tmp_path: Path, change: Executable, named: str
) -> None:
    target = Settings(database_url=f"sqlite:///{tmp_path}/there.db")
    await asyncio.to_thread(migrate, target)
    for place in (sqlite_settings, target):
        await a_shop(place, guests=1)
        async with opened(place) as database:
            await database.write(lambda connection: connection.execute(change).close())
    with pytest.raises(SettingsError, match=named):
        await moved(errand(sqlite_settings, target))
    async with opened(sqlite_settings) as old, opened(target) as new:
        for database in (old, new):
            shop = await shop_at(database)
            await shop.stamp(1)
            assert len(await database.read(lambda c: c.execute(select(transaction)).all())) == 2
            await shop.counter.close()


async def left_unfinished(source: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, *, guests: int) -> Settings:
    """A move that is cut off right before the old place would be closed; where it was to lead."""
    target = Settings(database_url=f"sqlite:///{folder}/there.db")
    await asyncio.to_thread(migrate, target)
    await a_shop(source, guests=guests)

    async def fail(*_: object, **__: object) -> None:
        raise OSError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr("loyalty_app.moving.departures.close_shops", fail)
        with pytest.raises(OSError, match="power"):
            await moved(errand(source, target))
    return target


async def test_a_move_that_is_given_up_leaves_nothing_and_the_shop_goes_on(
    sqlite_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = await left_unfinished(sqlite_settings, tmp_path, monkeypatch, guests=3)
    move = ShopMove(errand(sqlite_settings, target), now=NOON, progress=lambda _table, _rows: None)
    await move.give_up()
    async with opened(sqlite_settings) as old, opened(target) as new:
        assert await new.read(lambda c: c.execute(select(business)).all()) == []
        shop = await shop_at(old)
        await shop.stamp(1)
        await shop.counter.close()
    await move.close()


async def test_a_hold_that_could_not_be_ended_is_ended_by_giving_up(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Settings(database_url=f"sqlite:///{tmp_path}/there.db")
    await asyncio.to_thread(migrate, target)
    await a_shop(settings, guests=1)

    async def fail(*_: object, **__: object) -> None:
        raise OSError("a long reader is in the way")

    async with opened(settings) as old:
        await hold(old, [1])
        with monkeypatch.context() as patch:
            patch.setattr("loyalty_app.moving.departures.hold_again", fail)
            with pytest.raises(OSError, match="reader"):
                await release(old, [1])
        move = ShopMove(errand(settings, target), now=NOON, progress=lambda _table, _rows: None)
        await move.give_up()
        await move.close()
        shop = await shop_at(old)
        await shop.stamp(1)
        await shop.counter.close()


async def test_a_change_that_was_not_noted_is_found_before_the_old_place_is_closed(
    sqlite_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Settings(database_url=f"sqlite:///{tmp_path}/there.db")
    await asyncio.to_thread(migrate, target)
    await a_shop(sqlite_settings, guests=3)
    prove_now = Books.prove

    async def unlogged(books: Books, database: Database, seen: Seen) -> None:
        await prove_now(books, database, seen)
        async with opened(sqlite_settings) as old:
            await end_log(old)
            await old.write(lambda c: open_log(c, Cargo((1,)), "another"))
            shop = await shop_at(old)
            await shop.stamp(1)
            await shop.counter.close()

    monkeypatch.setattr(Books, "prove", unlogged)
    with pytest.raises(SettingsError, match="were not noted"):
        await moved(errand(sqlite_settings, target))
    async with opened(sqlite_settings) as old:
        shop = await shop_at(old)
        await shop.stamp(1)
        await shop.counter.close()


async def test_a_notice_that_waits_names_its_shop_by_the_number_at_the_new_place(
    sqlite_settings: Settings, there: Settings
) -> None:
    await a_shop(sqlite_settings, guests=2)
    facts = SameNumberFacts(business_id=1, customer_id=1, other_id=2)
    async with opened(sqlite_settings) as old:
        await old.write(lambda c: add_notice(old, c, 1, facts=facts, now=NOON, people=[77]))
    done = await moved(errand(sqlite_settings, there))
    assert done is not None
    async with opened(there) as new:
        [told] = await new.write(lambda c: NoticeQueue().claim(c, new, now=NOON, room=9))
    assert told.facts == structs.replace(facts, business_id=done.numbers.of_shop(1)) != facts


async def test_no_worker_takes_what_waits_of_a_shop_that_moves(settings: Settings) -> None:
    job = {"id": 1, "business_id": 1, "status": "queued", "actor": b"{}", "total": 1, "done": 0, "imported": 0}
    job |= {"already_there": 0, "report": b"[]", "created_at": NOON}

    async with opened(settings) as database:
        shop = await open_shop(database)
        await database.write(lambda connection: connection.execute(insert(import_job).values(job)).close())

        async def claimed() -> int:
            claim = partial(ImportQueue.leases.claim, database=database, now=NOON, room=9)
            return len(await database.write(claim, shard=database.shard_of(1)))

        await hold(database, [1])
        assert await claimed() == 0
        with pytest.raises(Busy):
            await shop.join("Late")
        await release(database, [1])
        assert await claimed() == 1
        await shop.join("Lena")
        await shop.counter.close()


async def test_a_shop_does_not_come_back_with_a_bot_that_is_the_shared_one_there_now(
    settings: Settings, tmp_path: Path
) -> None:
    source = Settings(database_url=f"sqlite:///{tmp_path}/old.db")
    for place in (source, settings):
        await asyncio.to_thread(migrate, place)
    await a_shop(source, guests=0)
    bot = {"bot_id": 7, "username": "bean_bot", "secret": "s", "created_at": NOON}
    async with opened(source) as old, opened(settings) as new:
        left = await open_shop(new)
        await left.counter.close()
        await old.write(lambda c: old.insert(c, telegram_bot, [{**bot, "business_id": 1}]))
        await new.write(lambda c: new.insert(c, telegram_bot, [{**bot, "business_id": None}]))
        for there in ((), (left.business.id,)):
            with pytest.raises(SettingsError, match="there is already the bot 7"):
                await check_clashes(old, new, Cargo((1,)), there=there)


async def test_what_an_earlier_release_has_noted_of_tables_that_are_not_moved_any_more_is_passed_over(
    settings: Settings,
) -> None:
    await a_shop(settings, guests=0)
    async with opened(settings) as old:
        await begin_log(old, Cargo(), "token")
        for name, key in (("polling_lease", "[7]"), ("business", "[1]")):
            line = text("INSERT INTO move_log (name, key) VALUES (:name, :key)").bindparams(name=name, key=key)
            await old.write(partial(_said, statement=line))
        async with snapshot(settings) as reader:
            changes = await read_changes(reader, Cargo().early)
        await end_log(old)
    assert (changes.keys, changes.noted) == ({"business": {(1,)}}, 2)


def _said(connection: Connection, *, statement: Executable) -> None:
    connection.execute(statement)
