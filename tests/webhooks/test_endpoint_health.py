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
                await try_once(office)
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
        async with office.worker():
            for _ in range(2):
                await try_once(office)
                office.clock.wait(days=2)
            receiver.will("ok")
            await try_once(office)
            receiver.will("500")
            await try_once(office)
            office.clock.wait(days=4, hours=23)
            await try_once(office)
    assert await office.is_active() == [True]
    said = [notice.partition(" has ")[2] for notice in await office.notices()]
    assert said == ["failed for 2 days.", "failed for 4 days."]


async def try_once(office: Office) -> None:
    """Give a stamp and wait until it was tried; what is still queued then is let go, before time passes."""
    before = len(await office.attempts())
    await office.stamps(1)
    await office.until_attempts(before + 1)
    let_go = text("UPDATE delivery SET status = 'failed' WHERE status = 'queued'")
    await office.database.write(lambda connection: connection.execute(let_go).close())
