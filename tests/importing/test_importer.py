"""The importer: a part that hangs is broken off and done by another process, once; and what a list is said to be."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from loyalty_app.importing import importer
from loyalty_app.importing.candidates import Candidate, ListedCustomer, Remark
from loyalty_app.importing.customer_creation import CustomerCreator
from loyalty_app.importing.import_jobs import LEASE, ImportJob, ImportQueue, ImportView, queue_import, read_import
from loyalty_app.importing.importer import Importer
from testkit.audit import assert_books_balance
from testkit.concurrency import until
from testkit.shop import Shop

SHORT_SECONDS = 1.0
MOMENT = timedelta(microseconds=1)
QUEUE = ImportQueue()


async def queue(shop: Shop, count: int) -> int:
    """Queue a list of guests without telephones; gives its id."""
    guests = [ListedCustomer(name=f"Guest {n}") for n in range(count)]
    answer = await queue_import(shop.database, shop.caller(), guests, now=shop.clock.now, url_of=str)
    return answer.outcome.id


async def seen(shop: Shop, number: int) -> ImportView:
    own, now = shop.business.id, shop.clock.now
    view = await shop.database.read(lambda connection: read_import(connection, own, number, now=now))
    assert view is not None
    return view


async def claim(shop: Shop) -> ImportJob:
    there = shop.database.shard_of(shop.business.id)
    [job] = await shop.database.write(lambda c: QUEUE.claim(c, shop.database, now=shop.clock.now, room=1), shard=there)
    return job


async def give_back(shop: Shop, job: ImportJob) -> None:
    def release(connection: Connection) -> None:
        QUEUE.leases.release(connection, shop.database, [QUEUE.lease_of(job)])

    await shop.database.write(release)


async def test_a_part_that_hangs_is_broken_off_and_another_importer_imports_nobody_twice(
    shop: Shop, twin: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    take, begun, hung = CustomerCreator.take, list[int](), asyncio.Event()

    async def take_and_hang_once(self: CustomerCreator, some: list[Candidate]) -> list[Remark]:
        begun.append(len(some))
        remarks = await take(self, some)
        if not hung.is_set():
            hung.set()
            await asyncio.Event().wait()
        return remarks

    monkeypatch.setattr(CustomerCreator, "take", take_and_hang_once)
    number = await queue(shop, 3)
    first = Importer(shop.database, shop.counter, clock=shop.clock, part_seconds=SHORT_SECONDS)
    async with asyncio.timeout(20):
        await hung.wait()
        await first.close()
    assert "TimeoutError" in caplog.text
    assert ((await seen(shop, number)).done, len(await shop.customers())) == (0, 3)
    shop.clock.now += LEASE
    second = Importer(twin.database, twin.counter, clock=shop.clock)
    try:
        await until(lambda: is_done(shop, number))
    finally:
        await second.close()
    assert begun == [3, 3]
    assert ((await seen(shop, number)).imported, len(await shop.customers())) == (3, 3)
    await assert_books_balance(shop)


async def is_done(shop: Shop, number: int) -> bool:
    return (await seen(shop, number)).status == "done"


async def test_of_a_long_list_the_first_remarks_are_kept_and_the_figures_count_all(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "MOST_REMARKS", 3)
    views = [await imported(shop, await queue(shop, 5)) for _ in range(2)]
    assert [(view.imported, view.already_there, len(view.report)) for view in views] == [(5, 0, 0), (0, 5, 3)]


async def imported(shop: Shop, number: int) -> ImportView:
    """Import a list to its end."""
    own = Importer(shop.database, shop.counter, clock=shop.clock)
    try:
        await until(lambda: is_done(shop, number))
    finally:
        await own.close()
    return await seen(shop, number)


async def test_a_list_is_running_while_somebody_holds_it_and_queued_once_it_is_given_back(shop: Shop) -> None:
    number = await queue(shop, 1)
    assert (await seen(shop, number)).status == "queued"
    job = await claim(shop)
    assert (await seen(shop, number)).status == "running"
    await give_back(shop, job)
    assert (await seen(shop, number)).status == "queued"


async def test_a_list_whose_process_was_killed_is_queued_once_its_lease_is_over(shop: Shop) -> None:
    number = await queue(shop, 1)
    await claim(shop)
    shop.clock.now += LEASE - MOMENT
    assert (await seen(shop, number)).status == "running"
    shop.clock.now += MOMENT
    assert (await seen(shop, number)).status == "queued"
