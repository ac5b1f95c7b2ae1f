"""Retention: what is 30 days old goes, what is younger or is still to be sent stays."""

from datetime import timedelta

import msgspec
from sqlalchemy import update

from loyalty_app.db import tables
from loyalty_app.runtime import open_webhook_worker
from loyalty_app.settings import Settings
from loyalty_app.upkeep.periodic import Stop
from loyalty_app.upkeep.retention import prune
from loyalty_app.webhooks.delivery_log import Queued, replay_failed, replay_one
from testkit.concurrency import until
from tests.webhooks.office import Office

NOWHERE = "http://127.0.0.1:9/hook"
THIRTY_DAYS = timedelta(days=30)


async def delivered(office: Office, count: int) -> None:
    """So many stamps, each of them told."""
    await office.stamps(count)
    while jobs := await office.claim():
        await office.record(*map(office.tried, jobs))


async def counts(office: Office) -> tuple[int, int, int]:
    """How many events, deliveries and attempts are kept."""
    return len(await office.events()), len(await office.deliveries()), len(await office.attempts())


async def test_what_is_older_than_30_days_goes_and_what_is_younger_stays(office: Office) -> None:
    await office.endpoint(NOWHERE)
    await delivered(office, 3)
    office.clock.wait(days=10)
    await delivered(office, 2)
    assert await counts(office) == (4 + 3, 5, 5)
    office.clock.now += THIRTY_DAYS - timedelta(days=10)
    assert await prune(office.database, office.clock.now) == 0
    office.clock.wait(milliseconds=1)
    assert await prune(office.database, office.clock.now) == 4 + 3 + 3
    assert await counts(office) == (3, 2, 2)
    assert await prune(office.database, office.clock.now) == 0


async def test_nothing_but_webhooks_is_pruned(office: Office) -> None:
    await delivered(office, 3)
    office.clock.wait(days=1_000)
    await prune(office.database, office.clock.now)
    assert await office.events() == []
    assert len(await office.shop.ledger()) == 3
    assert len(await office.shop.customers()) == 1


async def test_what_is_still_to_be_sent_stays_with_its_event_however_old_it_is(office: Office) -> None:
    await office.endpoint(NOWHERE)
    await office.stamps(2)
    [sent, _] = await office.claim()
    await office.record(office.tried(sent))
    office.clock.wait(days=400)
    await prune(office.database, office.clock.now)
    assert await counts(office) == (1, 1, 0)
    [late] = await office.claim()
    assert late.body == (await office.events())[0].body


async def test_what_waits_for_an_endpoint_that_is_switched_off_goes_after_30_days(office: Office) -> None:
    webhook = await office.endpoint(NOWHERE)
    await office.stamps(2)
    await office.change(webhook.id, active=False)
    office.clock.now += THIRTY_DAYS
    await prune(office.database, office.clock.now)
    assert await counts(office) == (3, 2, 0)
    office.clock.wait(milliseconds=1)
    await prune(office.database, office.clock.now)
    assert await counts(office) == (0, 0, 0)


async def test_an_event_that_was_sent_again_lately_stays_as_long_as_that_delivery(office: Office) -> None:
    webhook = await office.endpoint(NOWHERE)
    await delivered(office, 1)
    office.clock.wait(days=29)
    [first] = await office.deliveries()
    await replay_one(office.database, office.once, webhook.id, delivery_id=first.id, now=office.clock.now)
    await office.record(*map(office.tried, await office.claim()))
    office.clock.wait(days=2)
    await prune(office.database, office.clock.now)
    assert await counts(office) == (1, 1, 1)
    office.clock.wait(days=29)
    await prune(office.database, office.clock.now)
    assert await counts(office) == (0, 0, 0)


async def test_many_rows_go_a_few_at_a_time(office: Office) -> None:
    await office.endpoint(NOWHERE)
    await delivered(office, 9)
    office.clock.wait(days=31)
    assert await prune(office.database, office.clock.now, at_once=4) == 10 + 9 + 9
    assert await counts(office) == (0, 0, 0)


async def test_who_is_to_stop_takes_nothing_more_away(office: Office) -> None:
    await office.endpoint(NOWHERE)
    await delivered(office, 1)
    office.clock.wait(days=31)
    stop = Stop()
    stop.ask()
    assert await prune(office.database, office.clock.now, stop=stop) == 0


async def test_a_worker_beside_the_api_prunes_too(office: Office, settings: Settings) -> None:
    await office.endpoint(NOWHERE)
    await delivered(office, 1)
    office.clock.wait(days=31)

    async def is_pruned() -> bool:
        return await counts(office) == (0, 0, 0)

    async with open_webhook_worker(settings, clock=office.clock):
        await until(is_pruned)


async def test_all_that_failed_and_was_not_delivered_since_is_sent_again_once_if_it_is_younger_than_30_days(
    office: Office,
) -> None:
    webhook, other = await office.endpoint(NOWHERE), await office.endpoint(NOWHERE)
    own = tables.delivery.c.endpoint_id == webhook.id

    async def ended(status: str) -> list[str]:
        """What waited for the webhook, and has ended so."""
        waiting = [row for row in await office.deliveries() if row.status == "queued" and row.endpoint_id == webhook.id]
        how = update(tables.delivery).where(own, tables.delivery.c.status == "queued")
        await office.database.write(lambda c: c.execute(how.values(status=status, next_at=None)).close())
        return [row.event_id for row in waiting]

    async def again() -> int:
        answer = await replay_failed(office.database, office.once, webhook.id, now=office.clock.now)
        return msgspec.json.decode(answer.body, type=Queued).queued

    await office.stamps(1)
    await ended("failed")
    office.clock.wait(days=31)
    await office.stamps(1)
    await ended("delivered")
    await office.stamps(2)
    failed = await ended("failed")
    assert [await again(), await again()] == [2, 0]
    assert sorted(await ended("delivered")) == sorted(failed)
    assert await again() == 0, "what was delivered since is not sent again"
    assert {row.status for row in await office.deliveries() if row.endpoint_id == other.id} == {"queued"}
