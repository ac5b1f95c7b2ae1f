"""The endpoints of the contract: all are there, at both addresses, and each answers with exactly the named fields."""

from itertools import product
from typing import Any

import pytest

from tests.api.endpoints import ENDPOINTS, furnish
from tests.api.till import Api, Till, given

REWARD = {"id", "customer_id", "description", "status", "earned_at", "redeemed_at", "expires_at", "program_id"}
CUSTOMER = {
    *("id", "qr_code", "name", "phone", "email", "birthday", "current_stamps", "stamps_required", "total_stamps"),
    *("total_visits", "rewards_earned", "rewards_available", "last_visit_at", "created_at", "updated_at", "version"),
    "cards",
}
TRANSACTION = {
    *("id", "type", "stamps", "customer_id", "reward_id", "branch_id", "order_ref", "actor", "occurred_at"),
    *("voided_by", "voids", "bonus_stamps", "occasion", "program_id"),
}
STAMPED = {
    *("transaction_id", "stamps_added", "current_stamps", "stamps_required", "total_stamps", "reward_earned"),
    *("rewards", "customer", "bonus_stamps", "program_id"),
}
PROGRAM = {
    *("name", "stamps_required", "reward_description", "surplus", "cooldown_seconds", "daily_stamp_cap"),
    *("reward_valid_days", "updated_at", "version", "steps", "opening_stamps", "bonus_hours", "birthday", "win_back"),
    "referral",
    *("id", "title", "main", "archived"),
}
PAGINATION = {"page", "limit", "total", "pages", "next_cursor"}
DAY = {"date", "visits", "stamps", "new_customers", "rewards_earned", "rewards_redeemed"}


def fields(answer: Any, *path: str) -> set[str]:  # noqa: ANN401  # any JSON
    """The names of the fields at a path; of a list, those of its first item."""
    for name in path:
        answer = answer[name]
    return set(answer[0] if isinstance(answer, list) else answer)


def test_the_reference_has_exactly_the_endpoints_of_the_contract_with_their_scopes(api: Api) -> None:
    paths = api.witness.document["paths"]
    served = {
        (operation["operationId"], method.upper(), path, operation["description"].rpartition("`")[0].rpartition("`")[2])
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    assert served == {(e.name, e.method, e.template, e.scope.value if e.scope else "") for e in ENDPOINTS}


@pytest.mark.slow
async def test_every_endpoint_answers_under_both_addresses_and_with_a_slash_behind(
    till: Till, subtests: pytest.Subtests
) -> None:
    things = await furnish(till)
    for endpoint, base, slash in product(ENDPOINTS, ("/v1", "/api/v1"), ("", "/")):
        with subtests.test(endpoint=endpoint.name, base=base, slash=slash):
            fresh = things if endpoint.method == "GET" else await furnish(till, endpoint)
            answer = await endpoint.ask(till, fresh, base=base, slash=slash)
            assert answer.status_code == endpoint.status, answer.text


async def test_reading_gives_the_same_bytes_under_both_addresses(till: Till, subtests: pytest.Subtests) -> None:
    things = await furnish(till)
    for endpoint in ENDPOINTS:
        if endpoint.method == "GET":
            with subtests.test(endpoint=endpoint.name):
                first, second = [await endpoint.ask(till, things, base=base) for base in ("/v1", "/api/v1")]
                assert first.content == second.content


async def test_every_answer_is_an_envelope_and_only_lists_have_pages(till: Till, subtests: pytest.Subtests) -> None:
    things = await furnish(till)
    for endpoint in (one for one in ENDPOINTS if not one.picture):
        with subtests.test(endpoint=endpoint.name):
            fresh = things if endpoint.method == "GET" else await furnish(till, endpoint)
            answer = (await endpoint.ask(till, fresh)).json()
            is_list = "list" in endpoint.name
            assert set(answer) - {"resume_cursor"} == ({"data", "pagination"} if is_list else {"data"})
            assert set(answer.get("pagination", PAGINATION)) == PAGINATION


async def test_a_customer_has_exactly_the_fields_of_the_contract(till: Till) -> None:
    things = await furnish(till)
    listed = (await till.get("/customers")).json()["data"][0]
    changed = given(await till.patch(f"/customers/{things.customer}", {"name": "Lena M"}))
    shown = await till.show(things.customer)
    assert fields(listed) == fields(changed) == fields(await till.join()) == CUSTOMER
    assert fields(shown) == CUSTOMER | {"recent_transactions", "rewards", "opted_out"}
    assert fields(shown, "recent_transactions") == TRANSACTION
    assert fields(shown, "rewards") == REWARD


async def test_the_outcomes_of_a_till_have_exactly_the_fields_of_the_contract(till: Till) -> None:
    lena = await till.join()
    stamped = await till.stamp(lena["id"], 10)
    redeemed = await till.redeem(lena["id"])
    voided = await till.void(redeemed["transaction_id"])
    assert (fields(stamped), fields(stamped, "rewards"), fields(stamped, "customer")) == (STAMPED, REWARD, CUSTOMER)
    assert fields(redeemed) == {"transaction_id", "reward", "customer"}
    assert (fields(redeemed, "reward"), fields(redeemed, "customer")) == (REWARD, CUSTOMER)
    assert fields(voided) == {"transaction_id", "voided_transaction_id", "customer"}
    assert fields(voided, "customer") == CUSTOMER


async def test_transactions_and_rewards_have_exactly_the_fields_of_the_contract(till: Till) -> None:
    things = await furnish(till)
    transactions = (await till.get(f"/customers/{things.customer}/transactions")).json()
    assert fields(transactions, "data") == TRANSACTION
    assert set(transactions["data"][0]["actor"]) == {"type", "id", "name"}
    assert fields((await till.get("/rewards")).json(), "data") == REWARD
    assert fields((await till.get(f"/customers/{things.customer}/rewards")).json(), "data") == REWARD


async def test_the_program_has_exactly_the_fields_of_the_contract(till: Till) -> None:
    assert fields(given(await till.get("/program"))) == fields(await till.change(stamps_required=8)) == PROGRAM


async def test_the_summary_has_exactly_the_fields_of_the_contract(till: Till) -> None:
    summary = given(await till.get("/analytics"))
    assert fields(summary) == {"period", "customers", "visits", "stamps", "rewards", "daily", "programs", "branches"}
    assert fields(summary, "period") == {"days", "from", "to", "timezone"}
    assert fields(summary, "customers") == {"total", "new", "active", "returning"}
    assert fields(summary, "stamps") == {"added", "voided"}
    assert fields(summary, "rewards") == {"earned", "redeemed", "expired", "outstanding", "redemption_rate"}
    assert fields(summary, "daily") == DAY


async def test_an_erased_customer_is_answered_as_deleted(till: Till) -> None:
    lena = await till.join()
    erased = given(await till.delete(f"/customers/{lena['id']}"))
    assert erased == {"id": lena["id"], "qr_code": lena["qr_code"], "deleted": True}
