"""Tenants: with another shop's key nothing can be read, changed or even guessed."""

import re

import httpx
import pytest

from tests.api.endpoints import ENDPOINTS, Things, furnish
from tests.api.till import Api, Till, given, on_both_databases, refused
from tests.api.witness import Json

ABOUT_SOMETHING = [endpoint for endpoint in ENDPOINTS if "{" in endpoint.path]
LISTS = {
    "/customers": 2,
    "/rewards": 1,
    "/transactions": 1,
    "/transactions?type=stamp": 1,
    "/customers?updated_since=2026-01-01T00:00:00Z": 2,
    "/customers?q=lena": 2,
    "/customers?phone=%2B14155550100": 1,
    "/rewards?status=available": 1,
    "/webhooks": 1,
    "/events": 6,
}
"""How many of each a furnished shop has: of its three customers one was merged."""

NOT_FOUND = {
    "customers": "customer_not_found",
    "transactions": "transaction_not_found",
    "imports": "import_not_found",
    "webhooks": "webhook_not_found",
    "programs": "program_not_found",
}


def said(answer: httpx.Response, about: Things) -> Json:
    """A problem without what must differ: the ids of the request and of what was asked for."""
    problem: Json = answer.json()
    without_ids = re.split(
        rf"\b({about.transaction}|{about.webhook}|{about.imported}|{about.other_program})\b", problem["detail"]
    )[::2]
    asked: Json = {name: "" for name in ("transaction_id", "webhook_id", "import_id", "program_id") if name in problem}
    return {**problem, **asked, "request_id": "", "detail": "".join(without_ids)}


async def neighbour(api: Api) -> Till:
    """A second shop with customers of its own, so that its ids are near those of the first."""
    till = await api.open_till("Tea & Co")
    await furnish(till)
    return till


@on_both_databases
async def test_what_belongs_to_another_shop_is_not_there_and_stays_as_it_is(
    till: Till, subtests: pytest.Subtests
) -> None:
    things, stranger = await furnish(till), await neighbour(till.api)
    nobody_s = Things(2**40, "CUS0000000000", 2**40, 2**40, "", 2**40, "2026-03-01T09:30:00Z", *[2**40] * 4)
    before = await till.api.dump()
    for endpoint in ABOUT_SOMETHING:
        with subtests.test(endpoint=endpoint.name):
            foreign = await endpoint.ask(stranger, things)
            refused(foreign, 404, NOT_FOUND[endpoint.path.split("/")[1]])
            assert said(foreign, things) == said(await endpoint.ask(stranger, nobody_s), nobody_s)
            assert await till.api.dump() == before


async def test_the_reward_of_another_shop_cannot_be_redeemed(till: Till) -> None:
    things, stranger = await furnish(till), await neighbour(till.api)
    omar = await stranger.join("Omar")
    before = await till.api.dump()
    answer = await stranger.post(f"/customers/{omar['id']}/redeem", {"reward_id": things.reward})
    refused(answer, 404, "reward_not_found")
    assert await till.api.dump() == before


@on_both_databases
async def test_lists_hold_nothing_of_another_shop(till: Till) -> None:
    things = await furnish(till)
    stranger = await till.api.open_till("Tea & Co")
    for path, total in LISTS.items():
        assert (path, (await till.get(path)).json()["pagination"]["total"]) == (path, total)
        answer = (await stranger.get(path)).json()
        assert (answer["data"], answer["pagination"]["total"]) == ([], 0)
    first = (await till.get("/customers", limit=1)).json()
    cursor = first["pagination"]["next_cursor"]
    assert [one["id"] for one in first["data"]] == [things.customer]
    assert (await stranger.get("/customers", cursor=cursor)).json()["data"] == []
    assert [one["id"] for one in (await till.get("/customers", cursor=cursor)).json()["data"]] == [things.second]


async def test_figures_and_terms_are_of_the_key_s_own_shop(till: Till) -> None:
    await furnish(till)
    stranger = await till.api.open_till("Tea & Co", stamps_required=3)
    assert given(await stranger.get("/analytics"))["visits"] == 0
    assert given(await stranger.get("/program"))["stamps_required"] == 3
    await stranger.change(stamps_required=7, name="Tea & More")
    program = given(await till.get("/program"))
    assert (program["name"], program["stamps_required"]) == ("Bean & Leaf", 10)


async def test_the_same_phone_order_and_idempotency_key_may_be_used_in_two_shops(till: Till) -> None:
    stranger = await till.api.open_till("Tea & Co")
    ids = set()
    for shop in (till, stranger):
        lena = given(await shop.post("/customers", {"name": "Lena", "phone": "+14155552671"}, once="k"), 201)
        stamped = await shop.post(f"/customers/{lena['id']}/stamps", {"order_ref": "A-1"}, once="k2")
        assert "idempotent-replayed" not in stamped.headers
        ids.add((lena["id"], given(stamped)["transaction_id"]))
    assert len(ids) == 2
