"""Shards that have moved, or were split in two, while a process works: what it does then, on a pretended cluster."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from loyalty_app.chat.card_queue import CardQueue, ShownCard
from loyalty_app.chat.chats import HeldCard
from loyalty_app.db.citus import engine
from loyalty_app.db.citus.engine import CitusDatabase
from loyalty_app.db.tables import customer, telegram_card
from loyalty_app.queues.worker import QueueWorker
from loyalty_core.customers import Profile
from testkit.audit import assert_books_balance
from testkit.concurrency import until
from testkit.pretended_cluster import split_pretended
from testkit.shop import Shop, open_shop
from tests.app.test_links import add_bot
from tests.app.test_pretended_cluster import HOLDER, pretended, sessions, shop

__all__ = ["pretended", "shop"]


async def test_what_is_asked_of_a_shard_that_has_moved_is_asked_where_it_is(
    pretended: CitusDatabase, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by a process that only reads: where it has been, a copy lies for some time that knows nothing new."""
    await shop.join("Lena")
    looks: list[int] = []

    async def look_again() -> None:
        looks.append(len(looks))
        monkeypatch.setattr(engine, "HERE", "SELECT $1::int > 0")

    monkeypatch.setattr(pretended, "look_again", look_again)
    names = select(customer.c.name).where(customer.c.business_id == shop.business.id)
    for ask in (pretended.read, pretended.glance):
        monkeypatch.setattr(engine, "HERE", "SELECT $1::int < 0")
        assert await ask(lambda c: c.scalars(names).all(), shard=pretended.shard_of(shop.business.id)) == ["Lena"]
    assert looks == [0, 1]


async def test_stamps_of_a_shard_that_was_split_are_given_in_its_halves(
    pretended: CitusDatabase, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shops = [shop, *[Shop(pretended, (await open_shop(pretended)).business, shop.clock) for _ in range(3)]]
    cards = [(await one.join()).id for one in shops]
    before = await sessions(pretended)
    split_pretended(pretended, monkeypatch)
    stamps = (one.stamp(card) for one, card in zip(shops, cards, strict=True) for _ in range(3))
    assert [answer.total_stamps for answer in await asyncio.gather(*stamps)] == [1, 2, 3] * len(shops)
    assert before <= await sessions(pretended), "connections are kept: nothing is wrong with them"
    assert len({pretended.shard_of(one.business.id) for one in shops}) == len(pretended.shards) == 2
    for one in shops:
        await assert_books_balance(one)


async def test_a_job_whose_shard_is_split_meanwhile_is_recorded_in_the_half_where_it_lies(
    pretended: CitusDatabase, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lena = (await shop.counter.join(shop.caller(), Profile(name="Lena"), holder=HOLDER)).outcome
    await shop.stamp(lena.id)
    await add_bot(pretended, HOLDER.bot_id, "stamp_bot")
    shown: list[int] = []

    async def show(card: HeldCard) -> ShownCard:
        shown.append(card.customer_id)
        split_pretended(pretended, monkeypatch)
        return ShownCard(card=card, message_id=1, version=99)

    worker = QueueWorker(pretended, CardQueue(), show, clock=lambda: shop.clock.now + timedelta(hours=1), name="cards")

    async def is_recorded() -> bool:
        return bool(shown) and worker.idle

    await until(is_recorded)
    await worker.close()
    assert len(pretended.shards) == 2
    assert [row.message_id for row in await shop.rows(telegram_card)] == [1]
    assert shown == [lena.id]
