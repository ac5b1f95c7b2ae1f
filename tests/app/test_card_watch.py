"""The watch of cards: people who look at one are told of each change, by whichever process, and nobody else is."""

import asyncio

import pytest

from loyalty_app.card_pages import watch
from loyalty_app.card_pages.links import CardId
from loyalty_app.card_pages.watch import CardWatch, CardWatcher
from loyalty_core.errors import Busy
from loyalty_core.fields import CustomerId
from testkit.shop import Shop

SOON, AT_ONCE = 20, 0.01


def open_watch(shop: Shop) -> CardWatch:
    return CardWatch(shop.database, shop.counter.wakeups.changed_cards)


def looking_at(cards: CardWatch, shop: Shop, number: int) -> CardWatcher:
    return cards.watch(CardId(shop.business.id, CustomerId(number)))


async def test_who_looks_at_a_card_is_told_the_version_after_each_commit_and_nobody_else_is(shop: Shop) -> None:
    cards, lena, omar = open_watch(shop), await shop.join("Lena"), await shop.join("Omar")
    hers, his = looking_at(cards, shop, lena.id), looking_at(cards, shop, omar.id)
    for expected in (2, 3):
        await shop.stamp(lena.id)
        assert await hers.news(SOON) == expected
    assert await his.news(AT_ONCE) is None
    await shop.stamp(omar.id, 10)
    await shop.redeem(omar.id)
    assert await his.news(SOON) == 3, "a slow watcher hears of the newest version alone"
    await cards.close()


async def test_what_another_process_commits_is_told_too(shop: Shop, twin: Shop) -> None:
    if twin.database.writers == 1:
        return  # a SQLite file is written by one process alone
    cards, lena = open_watch(shop), await shop.join()
    hers = looking_at(cards, shop, lena.id)
    assert await hers.news(SOON) == 1, "the first look tells what is there"
    stamped = await twin.stamp(lena.id)
    assert await hers.news(SOON) == stamped.customer.version
    await cards.close()


async def test_while_nobody_looks_nothing_is_asked(shop: Shop) -> None:
    cards, lena = open_watch(shop), await shop.join()
    watcher = looking_at(cards, shop, lena.id)
    cards.leave(watcher)
    cards.leave(watcher)
    assert len(cards) == 0
    await shop.stamp(lena.id)
    assert await watcher.news(AT_ONCE) is None
    looking = [task for task in asyncio.all_tasks() if task.get_name() == "card-watch"]
    await asyncio.wait_for(asyncio.gather(*looking), SOON)
    await cards.close()


async def test_closing_ends_all_watching_at_once_and_lets_nobody_begin(shop: Shop) -> None:
    cards, lena = open_watch(shop), await shop.join()
    watcher = looking_at(cards, shop, lena.id)
    waiting = asyncio.create_task(watcher.news(600))
    await asyncio.sleep(0)
    await cards.close()
    assert await asyncio.wait_for(waiting, SOON) is None
    assert watcher.ended
    with pytest.raises(Busy):
        looking_at(cards, shop, lena.id)


async def test_how_many_look_is_bounded(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MOST_WATCHERS", 10)
    cards, lena, omar = open_watch(shop), await shop.join("Lena"), await shop.join("Omar")
    hers = [looking_at(cards, shop, lena.id) for _ in range(watch.MOST_OF_A_CARD)]
    with pytest.raises(Busy):
        looking_at(cards, shop, lena.id)
    his = [looking_at(cards, shop, omar.id) for _ in range(10 - len(hers))]
    with pytest.raises(Busy):
        looking_at(cards, shop, omar.id)
    cards.leave(his[0])
    looking_at(cards, shop, omar.id)
    await cards.close()
