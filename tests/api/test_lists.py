"""Lists: every row once and in order, by page near the start and by cursor at any depth."""

import asyncio
import base64
from collections.abc import AsyncIterator

import pytest

from tests.api.till import Api, Till, given, on_both_databases, refused, wrong_fields
from tests.api.witness import Json


async def crowd(till: Till, count: int, name: str = "Guest") -> list[int]:
    """Many customers, the oldest first."""
    joined = await asyncio.gather(*(till.join(f"{name} {number}") for number in range(count)))
    return sorted(customer["id"] for customer in joined)


async def pages(till: Till, path: str, **query: object) -> AsyncIterator[Json]:
    """Follow the cursors from the first page to the last."""
    cursor = None
    while True:
        answer = await till.get(path, **query, **({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        yield answer.json()
        cursor = answer.json()["pagination"]["next_cursor"]
        if cursor is None:
            return


async def walked(till: Till, path: str, **query: object) -> list[int]:
    """The ids of all rows, by cursor."""
    return [row["id"] async for page in pages(till, path, **query) for row in page["data"]]


@on_both_databases
async def test_pages_hold_every_row_once_and_in_order(till: Till) -> None:
    everybody = await crowd(till, 23)
    answers = [(await till.get("/customers", page=number, limit=10)).json() for number in (1, 2, 3, 4)]
    assert [[row["id"] for row in answer["data"]] for answer in answers] == [
        everybody[:10],
        everybody[10:20],
        everybody[20:],
        [],
    ]
    for number, answer in enumerate(answers, 1):
        places = answer["pagination"]
        assert (places["page"], places["limit"], places["total"], places["pages"]) == (number, 10, 23, 3)
    assert [bool(answer["pagination"]["next_cursor"]) for answer in answers] == [True, True, False, False]


@on_both_databases
@pytest.mark.parametrize("limit", [1, 7, 23, 100])
async def test_cursors_walk_over_every_row_once_and_in_order(till: Till, limit: int) -> None:
    everybody = await crowd(till, 23)
    some = await crowd(till, 8, "Visitor")
    assert await walked(till, "/customers", limit=limit) == [*everybody, *some]
    assert await walked(till, "/customers", limit=limit, q="visitor") == some


async def test_a_page_holds_fifty_rows_unless_another_limit_is_asked(till: Till) -> None:
    await crowd(till, 51)
    answer = (await till.get("/customers")).json()
    assert len(answer["data"]) == 50
    assert (answer["pagination"]["page"], answer["pagination"]["limit"], answer["pagination"]["pages"]) == (1, 50, 2)


async def test_an_empty_list_has_no_pages(till: Till) -> None:
    answer = (await till.get("/customers")).json()
    assert answer == {
        "data": [],
        "pagination": {"page": 1, "limit": 50, "total": 0, "pages": 0, "next_cursor": None},
    }


@on_both_databases
async def test_a_walk_misses_nobody_though_others_leave_and_join_on_the_way(till: Till) -> None:
    everybody = await crowd(till, 9)
    seen, late = [], []
    async for page in pages(till, "/customers", limit=3):
        seen += [row["id"] for row in page["data"]]
        if len(seen) == 3:
            await till.delete(f"/customers/{everybody[0]}")
            late = [(await till.join())["id"]]
    assert seen == everybody + late


@pytest.mark.parametrize(("page", "limit"), [(101, 100), (10_001, 1), (201, 50), (2**31, 100)])
async def test_a_page_beyond_ten_thousand_rows_is_refused_and_told_of_the_cursor(
    till: Till, page: int, limit: int
) -> None:
    problem = refused(await till.get("/customers", page=page, limit=limit), 400, "page_too_deep")
    assert "cursor" in problem["detail"]


@pytest.mark.parametrize(("page", "limit"), [(100, 100), (10_000, 1)])
async def test_a_page_that_ends_at_ten_thousand_rows_is_served(till: Till, page: int, limit: int) -> None:
    assert (await till.get("/customers", page=page, limit=limit)).json()["data"] == []


async def test_a_cursor_goes_before_a_page_number(till: Till) -> None:
    everybody = await crowd(till, 4)
    cursor = (await till.get("/customers", limit=2)).json()["pagination"]["next_cursor"]
    answer = (await till.get("/customers", limit=2, cursor=cursor, page=2**31)).json()
    assert [row["id"] for row in answer["data"]] == everybody[2:]
    assert answer["pagination"]["page"] is None


def packed(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


STRANGE = (
    *("x", "!!!!", "ü", "\x00", "A" * 200, packed(b"[]"), packed(b'["customers"]'), packed(b'["customers","1"]')),
    *(packed(b'["customers",9223372036854775808]'), packed(b'["\xff",1]'), packed(b'["customers",1e400]')),
)


async def test_a_cursor_that_is_none_of_ours_is_refused(till: Till, subtests: pytest.Subtests) -> None:
    for cursor in STRANGE:
        with subtests.test(cursor=cursor):
            refused(await till.get("/customers", cursor=cursor), 400, "invalid_cursor")


async def test_a_cursor_of_another_list_is_refused(till: Till) -> None:
    await crowd(till, 2)
    cursor = (await till.get("/customers", limit=1)).json()["pagination"]["next_cursor"]
    refused(await till.get("/rewards", cursor=cursor), 400, "invalid_cursor")


async def test_a_cursor_is_text_of_at_most_two_hundred_characters(till: Till) -> None:
    assert wrong_fields(await till.get("/customers", cursor="A" * 201)) == ["/cursor"]
    assert given(await till.get("/customers", cursor="")) == given(await till.get("/customers"))


@on_both_databases
async def test_transactions_are_listed_the_newest_first_with_what_was_undone(till: Till) -> None:
    lena, omar = await till.join("Lena"), await till.join("Omar")
    own = [(await till.stamp(lena["id"]))["transaction_id"] for _ in range(5)]
    await till.stamp(omar["id"])
    undo = (await till.void(own[2]))["transaction_id"]
    assert await walked(till, f"/customers/{lena['id']}/transactions", limit=2) == [undo, *reversed(own)]
    refused(await till.get("/customers/999/transactions"), 404, "customer_not_found")


@on_both_databases
async def test_rewards_are_listed_the_newest_first_and_by_status(api: Api) -> None:
    till = await api.open_till(stamps_required=1)
    lena, omar = await till.join("Lena"), await till.join("Omar")
    stamps = [await till.stamp(customer["id"]) for customer in (lena, omar, lena, lena)]
    rewards = [stamped["rewards"][0]["id"] for stamped in stamps]
    await till.redeem(lena["id"])
    await till.void(stamps[3]["transaction_id"])
    assert await walked(till, "/rewards", limit=3) == sorted(rewards, reverse=True)
    assert await walked(till, "/rewards", status="available") == [rewards[2], rewards[1]]
    assert await walked(till, "/rewards", status="redeemed") == [rewards[0]]
    assert await walked(till, "/rewards", status="voided") == [rewards[3]]
    assert await walked(till, f"/customers/{lena['id']}/rewards", status="available") == [rewards[2]]
    assert await walked(till, f"/customers/{omar['id']}/rewards", limit=1) == [rewards[1]]


async def test_what_the_business_owes_is_the_total_of_the_available_rewards(api: Api) -> None:
    till = await api.open_till(stamps_required=1)
    for customer in [await till.join() for _ in range(3)]:
        await till.stamp(customer["id"])
    owed = (await till.get("/rewards", status="available", limit=1)).json()["pagination"]["total"]
    assert owed == given(await till.get("/analytics"))["rewards"]["outstanding"] == 3
