"""What is told of deliveries to an operator: each attempt is counted and logged, by ids and nothing else."""

import json

import pytest

from loyalty_app.observability.exposition import exposition
from loyalty_app.observability.queue_depths import QueueDepths
from loyalty_app.webhooks.endpoint_health import endpoint_depths
from loyalty_app.webhooks.outbox import outbox_depths
from loyalty_app.webhooks.pausing import pause
from testkit.concurrency import until
from tests.observability.planted import logged
from tests.observability.scrape import Scrape
from tests.webhooks.office import Office
from tests.webhooks.receiver import receiving

COUNT = "loyalty_delivery_seconds_count"


async def figures(office: Office) -> Scrape:
    """What this process has counted; what waits is asked again each time."""
    return Scrape(
        exposition(
            await QueueDepths(office.database, office.clock, [outbox_depths, endpoint_depths]).measured()
        ).decode()
    )


@pytest.mark.parametrize(("mode", "outcome"), [("200", "delivered"), ("503", "retry"), ("410", "switched_off")])
async def test_an_attempt_is_counted_and_logged_by_what_came_of_it(
    office: Office, monkeypatch: pytest.MonkeyPatch, mode: str, outcome: str
) -> None:
    before = await figures(office)
    with logged(monkeypatch) as lines:
        async with receiving(mode) as receiver:
            await office.endpoint(receiver.url)
            async with office.worker():
                await office.stamps(1)
                await office.until_attempts(1)
        said = [json.loads(line) for line in lines.getvalue().splitlines()]
    after = await figures(office)
    assert after(COUNT, outcome=outcome) - before(COUNT, outcome=outcome) == 1
    [line] = [line for line in said if line["event"] == "delivery"]
    assert (line["outcome"], line["http_status"]) == (outcome, int(mode))
    assert line["event_id"] in {event.id for event in await office.events()}
    assert receiver.url not in lines.getvalue()


async def test_what_is_due_and_not_sent_grows_late_until_somebody_sends_it(office: Office) -> None:
    async with receiving("200") as receiver:
        await office.endpoint(receiver.url)
        await office.stamps(1)
        office.clock.wait(minutes=7)
        late = await figures(office)
        assert (late("loyalty_outbox_queued"), late("loyalty_outbox_late_seconds")) == (1, 420)
        async with office.worker():
            await office.until_delivered(1)
        await until(lambda: nothing_waits(office))


async def test_a_dead_receiver_or_a_paused_shop_makes_nothing_late(office: Office) -> None:
    async with receiving("503") as receiver:
        await office.endpoint(receiver.url)
        await office.stamps(1)
        async with office.worker():
            await office.until_attempts(1)
        office.clock.wait(hours=1)
        found = await figures(office)
        assert (found("loyalty_outbox_queued"), found("loyalty_outbox_late_seconds")) == (1, 0)
        assert (found("loyalty_webhook_endpoints"), found("loyalty_webhook_endpoints_failing")) == (1, 1)
        await office.change(1, active=True)  # clears its failures
        assert (await figures(office))("loyalty_outbox_late_seconds") > 3_000
        await pause(office.database, None, now=office.clock.now)
        found = await figures(office)
        assert (found("loyalty_outbox_late_seconds"), found("loyalty_deliveries_paused")) == (0, 1)


async def nothing_waits(office: Office) -> bool:
    found = await figures(office)
    return (found("loyalty_outbox_queued"), found("loyalty_outbox_late_seconds")) == (0, 0)
