"""An endpoint that fails: when its owner is warned, when it is switched off, and what makes good for it."""

from sqlalchemy import text

from tests.webhooks.office import Office
from tests.webhooks.receiver import receiving


async def test_410_switches_an_endpoint_off_and_its_owner_is_told_once(office: Office) -> None:
    async with receiving("410") as receiver:
        webhook = await office.endpoint(receiver.url)
        await office.stamps(6)
        async with office.worker():
            await office.until_attempts(4)
    assert await office.is_active() == [False]
    assert await office.notices() == [
        f"Webhook {webhook.id}: {receiver.url} was switched off, because it answered 410 Gone."
    ]
    assert [row.status for row in await office.deliveries()] == ["failed"] * 4 + ["queued"] * 2


async def test_an_owner_is_warned_after_one_and_three_days_of_failures_and_the_endpoint_goes_off_after_five(
    office: Office,
) -> None:
    async with receiving("500") as receiver:
        webhook = await office.endpoint(receiver.url)
        async with office.worker():
            for _ in range(6):
                await fail_once(office)
                office.clock.wait(days=1)
    told = f"Webhook {webhook.id}: {receiver.url}"
    assert await office.notices() == [
        f"{told} has failed for 1 day.",
        f"{told} has failed for 3 days.",
        f"{told} was switched off, because it has failed for 5 days.",
    ]
    assert await office.is_active() == [False]


async def test_one_success_makes_good_for_all_failures_before_it(office: Office) -> None:
    async with receiving("500") as receiver:
        await office.endpoint(receiver.url)
        async with office.worker() as worker:
            for _ in range(2):
                await fail_once(office)
                office.clock.wait(days=2)
            await let_go(office)
            receiver.will("ok")
            await office.stamps(1)
            await office.until_delivered(1)
            await worker.settle()
            receiver.will("500")
            await fail_once(office)
            office.clock.wait(days=4, hours=23)
            await fail_once(office)
    assert await office.is_active() == [True]
    said = [notice.partition(" has ")[2] for notice in await office.notices()]
    assert said == ["failed for 2 days.", "failed for 4 days."]


async def let_go(office: Office) -> None:
    """Try nothing again of what is still queued."""
    await office.database.write(
        lambda connection: connection.execute(text("UPDATE delivery SET status = 'failed'")).close()
    )


async def fail_once(office: Office) -> None:
    """Give a stamp, whose first try fails; what is still queued from before is let go."""
    await let_go(office)
    before = len(await office.attempts())
    await office.stamps(1)
    await office.until_attempts(before + 1)
