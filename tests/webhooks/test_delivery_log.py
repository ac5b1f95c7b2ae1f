"""Deliveries over HTTP: what was sent and what came of it, a test event, and sending again."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from loyalty_app.clock import utc_now
from loyalty_core.webhooks import verify
from testkit.concurrency import until
from tests.api.till import Api, Till, given, refused, wrong_fields
from tests.api.witness import Json
from tests.webhooks.receiver import Receiver, receiving

THIRTY_DAYS = timedelta(days=30)
ATTEMPT_FIELDS = {"number", "at", "milliseconds", "http_status", "error", "response"}


class Desk:
    """A till with one endpoint, which leads to a receiver."""

    def __init__(self, api: Api, till: Till, receiver: Receiver, webhook: Json) -> None:
        self.api, self.till, self.receiver, self.webhook = api, till, receiver, webhook
        self.path = f"/webhooks/{webhook['id']}"

    async def deliveries(self) -> list[Json]:
        """What was sent, the newest first."""
        answer = await self.till.get(f"{self.path}/deliveries", limit=100)
        found: list[Json] = answer.json()["data"]
        return found

    async def until_all(self, status: str, count: int) -> list[Json]:
        """Wait until there are so many deliveries, all in that state and each tried."""

        async def is_so() -> bool:
            found = await self.deliveries()
            return len(found) == count and all(one["status"] == status and one["attempts"] for one in found)

        await until(is_so)
        return await self.deliveries()

    async def stamps(self, count: int = 1) -> None:
        lena = await self.till.join()
        for _ in range(count):
            await self.till.stamp(lena["id"])

    async def replay(self, **order: object) -> Json:
        return given(await self.till.post(f"{self.path}/replay", order))

    def ids(self) -> list[str]:
        """The webhook-id of everything that came."""
        return [request.headers["webhook-id"] for request in self.receiver.requests]


@pytest.fixture
async def desk(api: Api) -> AsyncIterator[Desk]:
    """Bean & Leaf, whose endpoint listens to stamps."""
    till = await api.open_till()
    async with receiving() as receiver:
        webhook = given(await till.post("/webhooks", {"url": receiver.url, "events": ["stamp.added"]}), 201)
        yield Desk(api, till, receiver, webhook)


# What was sent.


async def test_a_delivery_shows_its_event_and_each_attempt(desk: Desk) -> None:
    desk.receiver.will("503", "ok")
    await desk.stamps()
    [waiting] = await desk.until_all("queued", 1)
    assert waiting["next_attempt_at"] > waiting["created_at"]
    desk.api.clock.wait(minutes=1)
    desk.api.app.state.runtime.wakeups.deliveries.notify()
    [delivery] = await desk.until_all("delivered", 1)
    first, second = delivery.pop("attempts")
    assert delivery == {
        "id": waiting["id"],
        "event_id": desk.ids()[0],
        "event_type": "stamp.added",
        "status": "delivered",
        "created_at": "2026-03-02T12:00:00Z",
        "next_attempt_at": None,
    }
    assert first.keys() == second.keys() == ATTEMPT_FIELDS
    assert (first["number"], first["at"]) == (1, "2026-03-02T12:00:00Z")
    assert (first["http_status"], first["error"], first["response"]) == (503, None, "said 503")
    assert (second["number"], second["at"]) == (2, "2026-03-02T12:01:00Z")
    assert (second["http_status"], second["error"], second["response"]) == (200, None, "thank you")


async def test_of_a_long_answer_only_the_beginning_is_kept(desk: Desk) -> None:
    desk.receiver.will("huge")
    await desk.stamps()
    [delivery] = await desk.until_all("delivered", 1)
    assert delivery["attempts"][0]["response"] == "x" * 4_096


async def test_an_answer_that_is_no_text_is_shown_with_marks_for_what_cannot_be_read(desk: Desk) -> None:
    desk.receiver.will("zipped")
    await desk.stamps()
    [delivery] = await desk.until_all("delivered", 1)
    assert delivery["attempts"][0]["response"] == "\x1f\ufffd not really zipped"


async def test_an_attempt_without_an_answer_says_in_a_word_what_went_wrong(desk: Desk) -> None:
    desk.receiver.will("reset")
    await desk.stamps()
    [delivery] = await desk.until_all("queued", 1)
    [tried] = delivery["attempts"]
    assert (tried["http_status"], tried["error"], tried["response"]) == (None, "closed", None)


async def test_the_list_is_walked_the_newest_first_by_page_and_by_cursor(desk: Desk) -> None:
    await desk.stamps(5)
    await desk.until_all("delivered", 5)
    seen: list[int] = []
    query: dict[str, object] = {"limit": 2}
    while query:
        page = (await desk.till.get(f"{desk.path}/deliveries", **query)).json()
        seen += [delivery["id"] for delivery in page["data"]]
        assert page["pagination"]["total"] == 5
        cursor = page["pagination"]["next_cursor"]
        query = {"limit": 2, "cursor": cursor} if cursor else {}
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5
    second = (await desk.till.get(f"{desk.path}/deliveries", limit=2, page=2)).json()
    assert [delivery["id"] for delivery in second["data"]] == seen[2:4]


async def test_a_list_holds_the_deliveries_of_its_own_endpoint_only(desk: Desk) -> None:
    other = given(await desk.till.post("/webhooks", {"url": desk.receiver.url, "events": ["customer.created"]}), 201)
    await desk.stamps()
    await desk.until_all("delivered", 1)
    [delivery] = (await desk.till.get(f"/webhooks/{other['id']}/deliveries")).json()["data"]
    assert delivery["event_type"] == "customer.created"


# A test.


async def test_a_test_reaches_the_endpoint_whatever_it_listens_to_and_no_other(desk: Desk) -> None:
    given(await desk.till.post("/webhooks", {"url": desk.receiver.url, "events": ["webhook.test"]}), 201)
    queued = given(await desk.till.post(f"{desk.path}/test"))
    [delivery] = await desk.until_all("delivered", 1)
    assert queued == {"queued": 1, "delivery_id": delivery["id"]}
    [request] = desk.receiver.requests
    verify(desk.webhook["secret"], request.headers, request.body, now=utc_now())
    assert json.loads(request.body) == {
        "type": "webhook.test",
        "timestamp": "2026-03-02T12:00:00Z",
        "data": {"webhook_id": desk.webhook["id"]},
    }


# Sending again.


async def test_a_replayed_delivery_is_sent_again_under_the_same_webhook_id(desk: Desk) -> None:
    await desk.stamps()
    [first] = await desk.until_all("delivered", 1)
    queued = await desk.replay(delivery_id=first["id"])
    again, before = await desk.until_all("delivered", 2)
    assert queued == {"queued": 1, "delivery_id": again["id"]}
    assert before == first
    assert again["event_id"] == first["event_id"]
    assert len(set(desk.ids())) == 1
    assert len({request.body for request in desk.receiver.requests}) == 1


async def test_what_is_still_queued_is_not_queued_again_and_the_answer_says_so(desk: Desk) -> None:
    desk.receiver.will("500")
    await desk.stamps()
    [waiting] = await desk.until_all("queued", 1)
    problem = refused(
        await desk.till.post(f"{desk.path}/replay", {"delivery_id": waiting["id"]}), 400, "invalid_request"
    )
    [error] = problem["errors"]
    assert (error["pointer"], "still queued" in error["message"]) == ("/delivery_id", True)
    assert await desk.replay(since="2026-03-02T11:00:00Z") == {"queued": 0, "delivery_id": None}


async def test_what_is_too_old_is_not_sent_again_and_the_answer_says_so(desk: Desk) -> None:
    await desk.stamps()
    [old] = await desk.until_all("delivered", 1)
    desk.api.clock.now += THIRTY_DAYS + timedelta(seconds=1)
    for order, field in (({"delivery_id": old["id"]}, "/delivery_id"), ({"since": "2026-03-02T11:00:00Z"}, "/since")):
        problem = refused(await desk.till.post(f"{desk.path}/replay", order), 400, "invalid_request")
        [error] = problem["errors"]
        assert (error["pointer"], "30 days" in error["message"]) == (field, True)


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({}, "/delivery_id"),
        ({"delivery_id": 1, "since": "2026-03-02T11:00:00Z"}, "/delivery_id"),
        ({"delivery_id": 4_711}, "/delivery_id"),
        ({"delivery_id": "1"}, "/delivery_id"),
        ({"since": "2026-03-02T11:00:00"}, "/since"),
        ({"since": "yesterday"}, "/since"),
        ({"since": "2026-03-02T12:00:01Z"}, "/since"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused(desk: Desk, order: Json, field: str) -> None:
    assert wrong_fields(await desk.till.post(f"{desk.path}/replay", order)) == [field]


async def test_the_delivery_of_another_endpoint_is_not_sent_again(desk: Desk) -> None:
    other = given(await desk.till.post("/webhooks", {"url": desk.receiver.url, "events": ["stamp.added"]}), 201)
    await desk.stamps()
    [mine] = await desk.until_all("delivered", 1)
    answer = await desk.till.post(f"/webhooks/{other['id']}/replay", {"delivery_id": mine["id"]})
    assert wrong_fields(answer) == ["/delivery_id"]


async def test_everything_since_a_time_is_sent_again_and_nothing_from_before(desk: Desk) -> None:
    await desk.stamps(2)
    desk.api.clock.wait(minutes=1)
    await desk.stamps(3)
    sent = await desk.until_all("delivered", 5)
    assert (await desk.replay(since="2026-03-02T12:01:00Z"))["queued"] == 3
    await desk.until_all("delivered", 8)
    again = desk.ids()[5:]
    assert sorted(again) == sorted(delivery["event_id"] for delivery in sent[:3])


async def test_what_happened_while_an_endpoint_was_off_can_be_had_afterwards(desk: Desk) -> None:
    given(await desk.till.patch(desk.path, {"active": False}))
    await desk.stamps(2)
    assert await desk.deliveries() == []
    given(await desk.till.patch(desk.path, {"active": True}))
    assert (await desk.replay(since="2026-03-02T12:00:00Z"))["queued"] == 2
    kinds = {json.loads(request.body)["type"] for request in await desk.receiver.gets(2)}
    assert kinds == {"stamp.added"}
    await desk.until_all("delivered", 2)


async def test_two_replays_at_once_queue_everything_once(desk: Desk) -> None:
    await desk.stamps(4)
    await desk.until_all("delivered", 4)
    desk.receiver.will("wait")
    answers = await asyncio.gather(*(desk.replay(since="2026-03-02T12:00:00Z") for _ in range(4)))
    assert sorted(answer["queued"] for answer in answers) == [0, 0, 0, 4]
    desk.receiver.allowed.set()
    await desk.until_all("delivered", 8)


async def test_what_was_told_of_an_erased_customer_cannot_be_sent_again(desk: Desk) -> None:
    lena = await desk.till.join()
    await desk.till.stamp(lena["id"])
    [told] = await desk.until_all("delivered", 1)
    given(await desk.till.delete(f"/customers/{lena['id']}"))
    assert await desk.deliveries() == []
    answer = await desk.till.post(f"{desk.path}/replay", {"delivery_id": told["id"]})
    assert wrong_fields(answer) == ["/delivery_id"]
    assert (await desk.replay(since="2026-03-02T12:00:00Z"))["queued"] == 0
