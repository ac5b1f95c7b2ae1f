"""All that says its shard keeps to it: a day at the counter, and a look at each queue, on a pretended cluster."""

from collections.abc import AsyncIterator

import pytest

from loyalty_app.chat.card_queue import CardQueue
from loyalty_app.counter.orders import Holder
from loyalty_app.db.citus.engine import CitusDatabase
from loyalty_app.importing.import_jobs import ImportQueue
from loyalty_app.queues.leased_table import LeasedTable
from loyalty_app.settings import Settings
from loyalty_app.shops.owner_notices import NoticeQueue
from loyalty_app.upkeep.retention import prune
from loyalty_app.webhooks.delivery_queue import DeliveryQueue
from loyalty_core.customers import Profile
from loyalty_core.stamping import StampOrder
from testkit.audit import assert_books_balance
from testkit.pretended_cluster import open_pretended_cluster
from testkit.shop import Shop, open_shop

PHONE, OTHER_PHONE = "+491701234567", "+491707654321"
HOLDER = Holder(bot_id=7, user_id=4711)


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


async def test_upkeep_keeps_to_its_shards(pretended: CitusDatabase, shop: Shop) -> None:
    await shop.stamp((await shop.join()).id)
    assert await prune(pretended, shop.clock()) == 0
