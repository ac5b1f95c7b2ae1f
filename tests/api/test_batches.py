"""Batches of stamps: each item as if it had come alone, in its place, once."""

import asyncio
from datetime import timedelta
from itertools import count

import msgspec
import pytest

from loyalty_core.access import Scope
from tests.api.till import Api, Till, given, on_both_databases, refused
from tests.api.witness import Json

keys = (f"receipt-{number}" for number in count())


def item(**more: object) -> Json:
    return {"idempotency_key": next(keys), **more}


async def send(till: Till, *items: Json) -> list[Json]:
    """What became of the items."""
    told: list[Json] = (await till.post("/stamps/batch", {"items": items})).json()["data"]
    assert len(told) == len(items)
    return told


@on_both_databases
async def test_items_are_answered_in_their_places_with_what_single_requests_would_get(till: Till) -> None:
    lena, omar = await till.join(), await till.join("Omar")
    told = await send(
        till,
        item(qr_code=lena["qr_code"], stamps=2),
        item(qr_code="CUS0000000000"),
        item(customer_id=omar["id"], stamps=10),
        item(customer_id=omar["id"], stamps=11),
    )
    assert [one["status"] for one in told] == [200, 404, 200, 400]
    assert told[0]["outcome"]["current_stamps"] == 2
    assert told[1]["problem"]["code"] == "customer_not_found"
    assert told[2]["outcome"]["reward_earned"] is True
    assert told[3]["problem"]["errors"][0]["pointer"] == "/stamps"
    assert (await till.show(lena["id"]))["total_stamps"] == 2


@on_both_databases
async def test_a_batch_that_is_sent_again_stamps_nothing_again(till: Till) -> None:
    lena = await till.join()
    items = [item(customer_id=lena["id"]) for _ in range(5)]
    first, again = await send(till, *items), await send(till, *items)
    assert [one["outcome"] for one in again] == [one["outcome"] for one in first]
    assert {one["replayed"] for one in first} == {False}
    assert {one["replayed"] for one in again} == {True}
    assert (await till.show(lena["id"]))["total_stamps"] == 5


async def test_two_batches_at_once_with_the_same_keys_stamp_once(till: Till) -> None:
    lena = await till.join()
    items = [item(customer_id=lena["id"]) for _ in range(20)]
    first, second = await asyncio.gather(send(till, *items), send(till, *items))
    assert [one["outcome"] for one in first] == [one["outcome"] for one in second]
    assert (await till.show(lena["id"]))["total_stamps"] == 20


async def test_a_key_twice_in_a_batch_is_one_stamp(till: Till) -> None:
    lena = await till.join()
    once = item(customer_id=lena["id"])
    first, second = await send(till, once, once)
    assert first["outcome"] == second["outcome"]
    other = await send(till, {**once, "stamps": 2})
    assert (other[0]["status"], other[0]["problem"]["code"]) == (422, "idempotency_key_reused")


async def test_a_stamp_that_was_tried_at_once_is_the_same_when_it_is_sent_later_with_its_time(till: Till) -> None:
    lena, key = await till.join(), next(keys)
    alone = given(await till.post(f"/customers/{lena['id']}/stamps", {"stamps": 2}, once=key))
    at = till.api.clock().isoformat()
    [later] = await send(till, item(customer_id=lena["id"], stamps=2, occurred_at=at) | {"idempotency_key": key})
    assert (later["replayed"], later["outcome"]) == (True, alone)


async def test_a_stamp_counts_at_the_time_at_which_it_was_given(till: Till) -> None:
    lena = await till.join()
    then = till.api.clock() - timedelta(days=2)
    alone = await till.stamp(lena["id"], occurred_at=then.isoformat())
    [late] = await send(till, item(customer_id=lena["id"], occurred_at=then.isoformat()))
    for stamped in (alone, late["outcome"]):
        shown = given(await till.get(f"/transactions/{stamped['transaction_id']}"))
        assert shown["occurred_at"] == then.isoformat().replace("+00:00", "Z")
    daily = given(await till.get("/analytics", days=7))["daily"]
    assert {day["date"]: day["visits"] for day in daily if day["visits"]} == {f"{then:%Y-%m-%d}": 2}


@on_both_databases
async def test_limits_are_judged_by_that_time_against_stamps_that_came_in_meanwhile(till: Till) -> None:
    await till.change(cooldown_seconds=600)
    lena = await till.join()
    till.api.clock.wait(hours=1)
    now = till.api.clock()
    await till.stamp(lena["id"], occurred_at=(now - timedelta(minutes=30)).isoformat())
    await till.stamp(lena["id"])
    times = (now - timedelta(minutes=minutes) for minutes in (35, 25, 15, 5))
    told = await send(till, *(item(customer_id=lena["id"], occurred_at=time.isoformat()) for time in times))
    assert [one["status"] for one in told] == [409, 409, 200, 409]
    assert {one["problem"]["code"] for one in told if one["status"] == 409} == {"stamp_too_soon"}


@pytest.mark.parametrize("days", [-8, 1])
async def test_a_time_too_long_ago_or_ahead_is_refused(till: Till, days: int) -> None:
    lena, then = await till.join(), (till.api.clock() + timedelta(days=days)).isoformat()
    [told] = await send(till, item(customer_id=lena["id"], occurred_at=then))
    assert (told["status"], told["problem"]["errors"][0]["pointer"]) == (400, "/occurred_at")
    answer = await till.post(f"/customers/{lena['id']}/stamps", {"occurred_at": then})
    assert refused(answer, 400, "invalid_request")["errors"][0]["pointer"] == "/occurred_at"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"qr_code": None}, "/qr_code"),
        ({"customer_id": 1}, "/qr_code"),
        ({"stamps": 0}, "/stamps"),
        ({"branch_id": 99}, "/branch_id"),
        ({"idempotency_key": "with space"}, "/idempotency_key"),
        ({"idempotency_key": "chat:1"}, "/idempotency_key"),
        ({"sstamps": 1}, "/sstamps"),
    ],
)
async def test_an_item_that_is_wrong_is_refused_by_itself(till: Till, wrong: Json, pointer: str) -> None:
    lena = await till.join()
    told = await send(till, item(qr_code=lena["qr_code"]) | wrong, item(customer_id=lena["id"]))
    assert [one["status"] for one in told] == [400, 200]
    assert pointer in [error["pointer"] for error in told[0]["problem"]["errors"]]


async def test_a_batch_of_which_no_item_can_be_read_is_answered_item_by_item(till: Till) -> None:
    told = await send(till, item(qr_code="CUS0000000000"), item(qr_code="nothing"))
    assert [one["problem"]["code"] for one in told] == ["customer_not_found"] * 2


@pytest.mark.parametrize("items", [[], [item(customer_id=1)] * 501, "x", None])
async def test_a_list_that_is_empty_or_too_long_is_refused_as_a_whole(till: Till, items: object) -> None:
    refused(await till.post("/stamps/batch", {"items": items}), 400, "invalid_request")


async def test_five_hundred_items_are_served(till: Till) -> None:
    lena, omar = await till.join(), await till.join("Omar")
    told = await send(till, *(item(customer_id=who["id"]) for who in (lena, omar) for _ in range(250)))
    assert {one["status"] for one in told} == {200}
    assert (await till.show(omar["id"]))["total_stamps"] == 250


@pytest.mark.parametrize(("items", "cost"), [(1, 1), (50, 1), (51, 2), (120, 3)])
async def test_every_fifty_items_cost_one_request(till: Till, items: int, cost: int) -> None:
    lena = await till.join()
    before = int((await till.get("/program")).headers["x-ratelimit-remaining"])
    answer = await till.post("/stamps/batch", {"items": [item(customer_id=lena["id"]) for _ in range(items)]})
    assert before - int(answer.headers["x-ratelimit-remaining"]) == cost


async def test_a_batch_beyond_the_limit_stamps_nothing_and_takes_one_request_of_what_is_left(api: Api) -> None:
    till = await api.open_till(rate_limit=5)
    lena = await till.join()
    answer = await till.post("/stamps/batch", {"items": [item(customer_id=lena["id"]) for _ in range(201)]})
    refused(answer, 429, "rate_limited")
    assert answer.headers.get_list("x-ratelimit-remaining") == ["3"]
    assert (await till.show(lena["id"]))["total_stamps"] == 0
    answer = await till.post("/stamps/batch", {"items": [item(customer_id=lena["id"]) for _ in range(100)]})
    assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (200, "0")
    refused(await till.get("/key"), 429, "rate_limited")


async def test_a_key_without_the_scope_sends_no_batch(till: Till) -> None:
    reader = await till.api.another_till(till.business, [Scope.CUSTOMERS_READ])
    refused(await reader.post("/stamps/batch", {"items": [item(customer_id=1)]}), 403, "scope_required")


async def test_a_card_of_another_shop_is_not_there(till: Till) -> None:
    next_door = await till.api.open_till("Next door")
    theirs = await next_door.join()
    told = await send(till, item(customer_id=theirs["id"]), item(qr_code=theirs["qr_code"]))
    assert [one["status"] for one in told] == [404, 404]


async def test_the_outcome_of_an_item_is_to_the_byte_that_of_a_single_request(till: Till) -> None:
    lena, key = await till.join(), next(keys)
    alone = (await till.post(f"/customers/{lena['id']}/stamps", {}, once=key)).content
    batch = await till.post("/stamps/batch", {"items": [{"idempotency_key": key, "customer_id": lena["id"]}]})
    assert msgspec.json.encode(msgspec.json.decode(alone)["data"]) == alone[len(b'{"data":') : -1]
    assert alone[len(b'{"data":') : -1] in batch.content
