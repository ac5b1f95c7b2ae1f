"""Flags over HTTP: what was flagged up to this moment, page by page, and the rules for it."""

import httpx
import pytest

from loyalty_core.access import Scope
from tests.api.till import Till, given, on_both_databases, only_once, refused
from tests.api.witness import Json


async def flagged(till: Till, **asked: object) -> list[Json]:
    return listed(await till.get("/flags", **asked))


def listed(answer: httpx.Response) -> list[Json]:
    rows: list[Json] = answer.json()["data"]
    assert answer.status_code == 200
    return rows


async def visit(till: Till, times: int) -> list[Json]:
    lena = await till.join("Lena")
    return [await till.stamp(lena["id"]) for _ in range(times)]


@on_both_databases
async def test_what_is_flagged_is_there_at_once(till: Till) -> None:
    assert await flagged(till) == []
    visits = await visit(till, 6)
    [flag] = await flagged(till)
    assert flag == {
        "id": flag["id"],
        "kind": "many_visits",
        "day": "2026-03-02",
        "number": 6,
        "transaction_id": visits[4]["transaction_id"],
        "type": "stamp",
        "stamps": 1,
        "customer_id": visits[4]["customer"]["id"],
        "branch_id": None,
        "actor": {"type": "api_key", "id": till.key_id, "name": "Till at the door"},
        "occurred_at": "2026-03-02T12:00:00Z",
        "undone": False,
    }
    await till.void(flag["transaction_id"])
    assert [one["undone"] for one in await flagged(till)] == [True]


async def test_flags_come_page_by_page_the_newest_first_and_since_a_time(till: Till) -> None:
    for _ in range(3):
        await visit(till, 5)
        till.api.clock.wait(hours=1)
    first = await till.get("/flags", limit=2)
    second = await till.get("/flags", limit=2, cursor=first.json()["pagination"]["next_cursor"])
    ids = [one["id"] for page in (first, second) for one in listed(page)]
    assert (len(ids), ids) == (3, sorted(ids, reverse=True))
    assert [one["id"] for one in await flagged(till, since="2026-03-02T13:00:00Z")] == ids[:2]
    refused(await till.get("/flags", since="yesterday"), 400, "invalid_request")
    refused(await till.get("/flags", cursor="nonsense"), 400, "invalid_cursor")


async def test_rules_are_changed_field_by_field_and_count_from_then_on(till: Till) -> None:
    rules = given(await till.get("/flags/rules"))
    assert rules == {"most_visits": 4, "most_undos": 3, "off": [], "evening_summary": False}
    changed = given(await till.patch("/flags/rules", {"most_visits": 1, "evening_summary": True}))
    assert changed == {**rules, "most_visits": 1, "evening_summary": True}
    await visit(till, 2)
    assert len(await flagged(till)) == 1
    assert given(await till.patch("/flags/rules", {"off": ["many_visits"]}))["off"] == ["many_visits"]
    await visit(till, 2)
    assert len(await flagged(till)) == 1
    assert given(await till.get("/flags/rules")) == {**changed, "off": ["many_visits"]}


async def test_a_change_of_the_rules_happens_once(till: Till) -> None:
    first = await till.ask("PATCH", "/flags/rules", {"most_visits": 9}, headers=only_once("rules-1"))
    await till.patch("/flags/rules", {"most_visits": 5})
    again = await till.ask("PATCH", "/flags/rules", {"most_visits": 9}, headers=only_once("rules-1"))
    assert given(again) == given(first)
    assert given(await till.get("/flags/rules"))["most_visits"] == 5


@pytest.mark.parametrize(
    "change",
    [
        {"most_visits": 0},
        {"most_undos": 1_001},
        {"most_visits": "many"},
        {"most_undos": None},
        {"off": ["rudeness"]},
        {"off": "by_hand"},
        {"evening_summary": "yes"},
        {"kinds": []},
    ],
)
async def test_rules_that_cannot_be_are_refused_and_nothing_changes(till: Till, change: Json) -> None:
    before = given(await till.get("/flags/rules"))
    refused(await till.patch("/flags/rules", change), 400, "invalid_request")
    assert given(await till.get("/flags/rules")) == before


async def test_who_may_not_read_customers_sees_no_flags(till: Till) -> None:
    other = await till.api.another_till(till.business, scopes=[Scope.PROGRAM_READ])
    refused(await other.get("/flags"), 403, "scope_required")
    assert given(await other.get("/flags/rules"))["most_visits"] == 4
    refused(await other.patch("/flags/rules", {"most_visits": 9}), 403, "scope_required")


async def test_a_shop_sees_its_own_flags_only(till: Till) -> None:
    await visit(till, 5)
    next_door = await till.api.open_till("Next door")
    assert await flagged(next_door) == []
