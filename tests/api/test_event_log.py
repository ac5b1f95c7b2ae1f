"""The event log: what happened, in order, as webhooks tell it; nobody who asks again misses any of it."""

from datetime import timedelta

import msgspec
from sqlalchemy import select

from loyalty_app.db.tables import event
from loyalty_app.upkeep.retention import prune
from loyalty_app.webhooks.outbox import EventIds
from testkit.builders import NOON
from tests.api.till import Api, Till, given, on_both_databases, refused, wrong_fields
from tests.api.witness import Json


async def log(till: Till, **query: object) -> Json:
    answer = await till.get("/events", **query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def a_day(till: Till) -> Json:
    """Lena joins, fills her card and redeems; then the redemption is undone."""
    lena = await till.join()
    till.api.clock.wait(seconds=1)
    await till.stamp(lena["id"], 10)
    till.api.clock.wait(seconds=1)
    redeemed = await till.redeem(lena["id"])
    till.api.clock.wait(seconds=1)
    await till.void(redeemed["transaction_id"])
    return lena


@on_both_databases
async def test_what_happened_is_told_in_its_order_and_at_once(till: Till) -> None:
    lena = await a_day(till)
    page = await log(till)
    assert [one["type"] for one in page["data"]] == [
        *("customer.created", "stamp.added", "reward.earned", "reward.redeemed", "transaction.voided")
    ]
    assert [one["data"]["customer"]["id"] for one in page["data"]] == [lena["id"]] * 5
    assert page["pagination"] == {"page": 1, "limit": 50, "total": 5, "pages": 1, "next_cursor": None}


async def test_an_event_is_the_body_of_its_webhook_with_the_webhook_id(till: Till) -> None:
    await a_day(till)
    text = (await till.get("/events")).text
    rows = await till.api.database.read(
        lambda c: c.execute(select(event.c.id, event.c.body).order_by(event.c.id)).all()
    )
    for row in rows:
        assert f'{{"id":"{row.id}",{row.body.decode()[1:]}' in text


@on_both_databases
async def test_who_resumes_is_told_again_what_was_young_and_misses_nothing(till: Till) -> None:
    lena = await till.join()
    resume = (await log(till))["resume_cursor"]
    [again] = (await log(till, cursor=resume))["data"]
    assert again["type"] == "customer.created"
    till.api.clock.wait(seconds=31)
    later = await log(till, cursor=resume)
    assert [one["id"] for one in later["data"]] == [again["id"]]
    assert (await log(till, cursor=later["resume_cursor"]))["data"] == []
    await till.stamp(lena["id"])
    [stamped] = (await log(till, cursor=later["resume_cursor"]))["data"]
    assert stamped["type"] == "stamp.added"


@on_both_databases
async def test_an_event_that_appears_late_is_told_though_later_ones_were_read(till: Till) -> None:
    await till.join()
    till.api.clock.wait(seconds=20)
    lena = await till.join()
    seen = await log(till)
    late = {"business_id": till.business.id, "type": "customer.created", "customer_id": lena["id"]}
    late |= {"id": EventIds(till.api.clock.now - timedelta(seconds=10)).next(), "created_at": till.api.clock.now}
    body = msgspec.json.encode({name: one for name, one in seen["data"][1].items() if name != "id"})
    await till.api.database.write(lambda c: c.execute(event.insert().values(body=body, **late)).close())
    again = [one["id"] for one in (await log(till, cursor=seen["resume_cursor"]))["data"]]
    assert again == [seen["data"][0]["id"], late["id"], seen["data"][1]["id"]]


async def test_a_walk_by_cursor_is_in_the_order_of_time_and_ends(till: Till) -> None:
    await a_day(till)
    whole = (await log(till))["data"]
    seen: list[Json] = []
    cursor: Json = {}
    while True:
        page = await log(till, limit=2, **cursor)
        seen += page["data"]
        if page["pagination"]["next_cursor"] is None:
            break
        cursor = {"cursor": page["pagination"]["next_cursor"]}
    assert seen == whole
    since = (await log(till, since="2026-03-02T12:00:02Z"))["data"]
    assert [one["type"] for one in since] == ["reward.redeemed", "transaction.voided"]


async def test_a_place_that_is_longer_ago_than_events_are_kept_is_refused_and_not_skipped(till: Till) -> None:
    await a_day(till)
    resume = (await log(till))["resume_cursor"]
    till.api.clock.wait(days=30, seconds=31)
    await prune(till.api.database, till.api.clock.now)
    assert wrong_fields(await till.get("/events", cursor=resume)) == ["/cursor"]
    assert wrong_fields(await till.get("/events", since="2026-03-02T12:00:00Z")) == ["/since"]
    assert (await log(till))["data"] == []
    for cursor in ("WyJldmVudHMiLDFd", "WyJldmVudHMiLCJ4Il0"):  # ["events", 1], ["events", "x"]
        refused(await till.get("/events", cursor=cursor), 400, "invalid_cursor")


async def test_of_an_erased_customer_only_the_deletion_is_told(till: Till) -> None:
    lena = await till.join("Lena Lovelace")
    given(await till.delete(f"/customers/{lena['id']}"))
    answer = await till.get("/events")
    assert [one["type"] for one in answer.json()["data"]] == ["customer.deleted"]
    assert "Lovelace" not in answer.text


async def test_tests_of_webhooks_and_other_shops_are_not_in_the_log(api: Api) -> None:
    till, neighbour = await api.open_till(), await api.open_till("Tea & Co")
    await neighbour.join()
    hook = given(await till.post("/webhooks", {"url": "http://127.0.0.1:9/hook", "events": ["stamp.added"]}), 201)
    given(await till.post(f"/webhooks/{hook['id']}/test"))
    assert (await log(till))["data"] == []


def test_ids_of_events_are_in_the_order_in_which_they_were_taken() -> None:
    moments = [NOON + timedelta(microseconds=step) for step in (0, 1, 999, 1_000, 1_001, 122_900, 123_000, 999_999)]
    ids = [taken for moment in moments for ids in [EventIds(moment)] for taken in (ids.next() for _ in range(40))]
    assert ids == sorted(ids)
    assert len({taken[-16:] for taken in ids}) == len(ids)
    assert {len(taken) for taken in ids} == {38}, "the column holds 40"
