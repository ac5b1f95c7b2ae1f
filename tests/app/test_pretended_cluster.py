"""All that says its shard keeps to it: a day at the counter, and a look at each queue, on a pretended cluster."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from loyalty_app.card_pages.links import CardId
from loyalty_app.chat.bots import may_poll
from loyalty_app.chat.card_queue import CardQueue, ShownCard, show_again
from loyalty_app.chat.chats import HeldCard
from loyalty_app.counter.orders import Holder
from loyalty_app.customers.card_page import cards_in_chat
from loyalty_app.customers.card_snapshots import look_at_all
from loyalty_app.db.citus import engine
from loyalty_app.db.citus.engine import CitusDatabase
from loyalty_app.db.postgres.parameters import read_parameters
from loyalty_app.db.shards import Node
from loyalty_app.db.tables import customer
from loyalty_app.importing.import_jobs import ImportQueue
from loyalty_app.queues.leased_table import LeasedTable
from loyalty_app.queues.worker import QueueWorker
from loyalty_app.settings import Settings
from loyalty_app.shops.owner_notices import NoticeQueue
from loyalty_app.upkeep.expiry import book_expired
from loyalty_app.upkeep.inactivity import erase_inactive
from loyalty_app.upkeep.referrals import thank_referrers
from loyalty_app.upkeep.retention import prune
from loyalty_app.webhooks.delivery_queue import DeliveryQueue
from loyalty_app.webhooks.fan_out import LATE, fan_out_late, fan_out_now
from loyalty_app.webhooks.outbox import FEW
from loyalty_core.customers import Profile
from loyalty_core.errors import Busy, BusyReason
from loyalty_core.fields import BotId, CustomerId, UserId
from loyalty_core.stamping import StampOrder
from testkit.audit import assert_books_balance
from testkit.builders import NOON
from testkit.citus import dial_elsewhere
from testkit.concurrency import until
from testkit.postgres_wire import Cut, open_wire
from testkit.pretended_cluster import open_pretended_cluster
from testkit.shop import Shop, open_shop
from tests.app.test_batches import deal
from tests.app.test_databases import a_branch, branches, put
from tests.app.test_links import add_bot
from tests.webhooks.office import Office

PHONE, OTHER_PHONE = "+491701234567", "+491707654321"
HOLDER = Holder(bot_id=7, user_id=4711)


async def sessions(database: CitusDatabase) -> set[int]:
    """The processes of the server that serve this database."""
    of_here = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    return set(await database.read(lambda connection: connection.scalars(of_here).all()))


@pytest.fixture
async def pretended(postgres_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CitusDatabase]:
    database = open_pretended_cluster(postgres_settings, monkeypatch)
    yield database
    await database.close()


@pytest.fixture
async def shop(pretended: CitusDatabase) -> AsyncIterator[Shop]:
    shop = await open_shop(pretended)
    yield shop
    await shop.counter.close()


async def test_every_verb_of_the_counter_keeps_to_the_shard_of_its_shop(shop: Shop) -> None:
    lena = await shop.join("Lena", phone=PHONE, key="join")
    given = await shop.stamp(lena.id, 10, key="stamp")
    assert (await shop.stamp(lena.id, 10, key="stamp")).transaction_id == given.transaction_id
    await shop.redeem(lena.id, key="redeem")
    later = await shop.stamp(lena.qr_code, 3)
    await shop.void(later.transaction_id, stamps=1)
    await shop.void(later.transaction_id)
    await shop.counter.join(shop.caller(), Profile(name="Lena"), holder=HOLDER)
    await shop.counter.claim(shop.caller(), HOLDER, PHONE)
    await shop.update(lena.id, name="Lena B.")
    ben = await shop.join("Ben", phone=OTHER_PHONE)
    await shop.stamp(ben.id, 2)
    await shop.merge(lena.id, ben.id)
    await shop.unmerge(lena.id, ben.id)
    await shop.merge(lena.id, ben.id)
    second = await shop.make_program("Lunch")
    await shop.counter.give_stamp(shop.caller(), lena.id, StampOrder(program_id=second))
    await shop.erase(lena.id)
    assert await shop.totals() == (0, 0)
    await assert_books_balance(shop)


@pytest.mark.parametrize("first", [{}, {"closed_at": NOON}])
async def test_what_a_row_does_not_say_is_empty_in_it_without_a_shard_too(
    pretended: CitusDatabase, shop: Shop, first: dict[str, object]
) -> None:
    number = shop.business.id
    await put(
        pretended, {**a_branch(number, 1), **first}, {**a_branch(number, 2), "closed_at": NOON}, a_branch(number, 3)
    )
    assert [row.closed_at for row in await branches(pretended)] == [first.get("closed_at"), NOON, None]


@pytest.mark.parametrize("cut", Cut)
async def test_a_batch_whose_commit_broke_on_its_machine_is_answered_and_written_once(
    postgres_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: Cut
) -> None:
    (host, *_) = read_parameters(postgres_settings.database_url).hosts
    async with open_wire(postgres_settings.database_url, tmp_path) as (wire, _):
        dial_elsewhere(monkeypatch, Node(host.name, host.port), Node(str(tmp_path), 5432))
        database = open_pretended_cluster(postgres_settings, monkeypatch)
        shop = await open_shop(database)
        lena = await shop.join()
        wire.cut(cut)
        stamped = await asyncio.gather(*(shop.stamp(lena.id, key=f"k{number}") for number in range(5)))
        assert wire.whole, "it was cut and is whole again"
        assert [answer.total_stamps for answer in stamped] == [1, 2, 3, 4, 5]
        assert [entry.id for entry in await shop.ledger()] == [answer.transaction_id for answer in stamped]
        await assert_books_balance(shop)
        await shop.counter.close()
        await database.close()


async def test_a_batch_whose_shard_has_moved_looks_where_it_is_and_tries_again(
    pretended: CitusDatabase, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lena = await shop.join()
    looks: list[int] = []

    async def look_again() -> None:
        looks.append(len(looks))
        monkeypatch.setattr(engine, "HOLD", "SELECT {0}")

    monkeypatch.setattr(pretended, "look_again", look_again)
    monkeypatch.setattr(engine, "HOLD", "SELECT {0} / 0")
    before = await sessions(pretended)
    assert (await shop.stamp(lena.id)).total_stamps == 1
    assert looks == [0]
    assert before <= await sessions(pretended), "connections are kept: nothing is wrong with them"
    await assert_books_balance(shop)


async def test_a_shard_that_is_about_to_move_for_too_long_is_refused_as_locked(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lena = await shop.join()
    held = "DO $$BEGIN RAISE EXCEPTION 'shard {0}' USING ERRCODE = '55P03'; END$$"
    monkeypatch.setattr(engine, "HOLD", held)
    with pytest.raises(Busy) as refused:
        await shop.stamp(lena.id)
    assert refused.value.reason is BusyReason.LOCKED
    monkeypatch.setattr(engine, "HOLD", "SELECT {0}")
    assert (await shop.stamp(lena.id)).total_stamps == 1


async def test_a_lost_race_for_a_code_is_decided_anew_in_a_shard_too(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal(monkeypatch, "0000000000", "0000000000", "0000000000", "0000000001")
    lena = await shop.join("Lena")
    assert (await shop.join("Omar")).qr_code != lena.qr_code


@pytest.mark.parametrize("queue", [CardQueue(), DeliveryQueue(), NoticeQueue(lambda: [7]), ImportQueue()])
async def test_every_queue_keeps_to_the_shard_from_which_it_takes(
    pretended: CitusDatabase, shop: Shop, queue: CardQueue | DeliveryQueue | NoticeQueue | ImportQueue
) -> None:
    leases: LeasedTable = queue.leases
    now = shop.clock()
    for shard in leases.shards(pretended):
        assert shard is not None
        assert not await pretended.glance(lambda connection: queue.is_due(connection, now), shard=shard)
        assert not await pretended.write(lambda c: queue.claim(c, pretended, now=now, room=5), shard=shard)
        await pretended.write(lambda c: leases.release_gone(c, pretended, now=now), shard=shard)


async def test_deliveries_that_are_noted_are_written_in_their_shard(pretended: CitusDatabase, shop: Shop) -> None:
    office = Office(shop)
    for _ in range(FEW + 1):
        await office.endpoint("http://127.0.0.1:9/hook")
    await office.stamps(2)
    shard = pretended.shard_of(shop.business.id)
    jobs = await pretended.write(lambda c: DeliveryQueue().claim(c, pretended, now=shop.clock(), room=64), shard=shard)
    assert len(jobs) == 2 * (FEW + 1)
    await office.stamps(1)
    await fan_out_now(pretended, shop.business.id)
    assert len(await office.deliveries()) == 3 * (FEW + 1)
    await office.stamps(1)
    assert await fan_out_late(pretended, now=shop.clock.now) == 0
    assert await fan_out_late(pretended, now=shop.clock.now + LATE) == 1
    assert len(await office.deliveries()) == 4 * (FEW + 1)


async def test_upkeep_keeps_to_its_shards(pretended: CitusDatabase, shop: Shop) -> None:
    await shop.stamp((await shop.join()).id)
    assert await prune(pretended, shop.clock()) == 0


async def test_while_a_machine_is_away_its_shops_are_refused_and_all_others_go_on(
    postgres_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_pretended_cluster(postgres_settings, monkeypatch, half_away=True)
    here, away = database.shards
    shops = [await open_shop(database) for _ in range(8)]
    counter = shops[0].counter
    for shop in shops:
        asked = counter.join(shop.caller(), Profile(name="Lena"))
        if database.shard_of(shop.business.id) == here:
            assert (await asked).outcome.name == "Lena"
            continue
        with pytest.raises(Busy) as refused:
            await asked
        assert refused.value.reason is BusyReason.NODE_AWAY
    assert away is not None
    assert list(await database.away()) == [away.node]
    for shop in shops:
        await shop.counter.close()
    await database.close()


async def test_a_worker_takes_from_the_machines_that_answer(
    postgres_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_pretended_cluster(postgres_settings, monkeypatch, half_away=True)
    shop = await open_shop(database)
    lena = (await shop.counter.join(shop.caller(), Profile(name="Lena"), holder=HOLDER)).outcome
    await shop.stamp(lena.id)
    await add_bot(database, HOLDER.bot_id, "stamp_bot")
    shown: list[int] = []

    async def show(card: HeldCard) -> ShownCard:
        shown.append(card.customer_id)
        return ShownCard(card=card, message_id=1, version=99)

    worker = QueueWorker(database, CardQueue(), show, clock=lambda: shop.clock.now + timedelta(hours=1), name="cards")

    async def is_recorded() -> bool:
        return bool(shown) and worker.idle

    await until(is_recorded)
    await worker.close()
    assert shown == [lena.id]
    await shop.counter.close()
    await database.close()


async def test_while_a_machine_is_away_people_see_the_cards_that_are_elsewhere_and_upkeep_goes_on(
    postgres_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_pretended_cluster(postgres_settings, monkeypatch, half_away=True)
    shops = [await open_shop(database) for _ in range(8)]
    shop = next(one for one in shops if database.shard_of(one.business.id) == database.shards[0])
    lena = (await shop.counter.join(shop.caller(), Profile(name="Lena"), holder=HOLDER)).outcome
    await add_bot(database, HOLDER.bot_id, "stamp_bot")
    [seen] = await look_at_all(database, BotId(HOLDER.bot_id), UserId(HOLDER.user_id))
    assert seen.business.id == shop.business.id
    assert await cards_in_chat(database, BotId(HOLDER.bot_id), UserId(HOLDER.user_id)) == [
        CardId(shop.business.id, CustomerId(lena.id))
    ]
    assert await may_poll(database, HOLDER.bot_id, "first", now=shop.clock())
    await show_again(database, BotId(HOLDER.bot_id), UserId(HOLDER.user_id), now=shop.clock())
    await shop.stamp(lena.id, 10)
    later = shop.clock() + timedelta(days=400)
    for work in (
        book_expired(database, shop.counter, later),
        prune(database, later),
        thank_referrers(database, shop.counter),
        erase_inactive(database, shop.counter, months=6, now=later),
    ):
        with pytest.raises(Busy):  # once all that can be done is done
            await work
    assert [row.erased_at for row in await shop.rows(customer)] != [None]
    with pytest.raises(Busy):  # they may have a card there
        await look_at_all(database, BotId(HOLDER.bot_id), UserId(1))
    for one in shops:
        await one.counter.close()
    await database.close()
