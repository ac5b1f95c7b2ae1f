"""The shares of the analytics: of programs, of branches, of both; together they are the whole shop."""

from loyalty_app.shops.workplaces import add_branch
from loyalty_app.upkeep.expiry import book_expired
from testkit.shop import Shop
from tests.api.till import Api, Till, given, on_both_databases
from tests.api.witness import Json


async def share(till: Till, query: str = "") -> Json:
    return given(await till.get(f"/analytics?days=7{query}"))


async def busy(till: Till) -> tuple[int, int, int]:
    """A shop with two programs and a branch: one customer is stamped for both, one for neither."""
    salads = given(
        await till.post("/programs", {"title": "Salads", "stamps_required": 2, "reward_description": "A salad"}), 201
    )
    station = (await add_branch(till.api.database, till.business.id, name="Station", now=till.api.clock.now)).id
    lena = given(await till.post("/customers", {"name": "Lena", "phone": "+14155550100"}), 201)["id"]
    given(await till.post("/customers", {"name": "Omar", "phone": "+14155550101"}), 201)
    stamps = [
        {"stamps": 3},
        {"stamps": 2, "program_id": salads["id"], "branch_id": station},
        {"stamps": 1, "branch_id": station},
        {"stamps": 1, "program_id": salads["id"]},
    ]
    last: Json = {}
    for body in stamps:
        last = given(await till.post(f"/customers/{lena}/stamps", body))
    given(await till.post(f"/transactions/{last['transaction_id']}/void"))
    given(await till.post(f"/customers/{lena}/redeem"))
    return salads["id"], station, lena


def told(found: Json) -> tuple[int, int, int, int, int, int]:
    stamps, rewards = found["stamps"], found["rewards"]
    return (
        found["visits"],
        stamps["added"],
        stamps["voided"],
        rewards["earned"],
        rewards["redeemed"],
        rewards["outstanding"],
    )


async def test_programs_and_branches_are_shares_of_the_whole_shop(till: Till) -> None:
    salads, station, _ = await busy(till)
    whole = await share(till)
    assert told(whole) == (3, 7, 1, 1, 1, 0)
    assert [(one["title"], told(one)) for one in whole["programs"]] == [
        (None, (2, 4, 0, 0, 0, 0)),
        ("Salads", (1, 3, 1, 1, 1, 0)),
    ]
    assert whole["programs"][1]["program_id"] == salads
    assert whole["branches"] == [
        {"branch_id": station, "name": "Station", "visits": 2, "stamps": 3},
        {"branch_id": None, "name": None, "visits": 1, "stamps": 3},
    ]
    assert "branches_since" not in whole


@on_both_databases
async def test_each_share_can_be_asked_for_alone_and_both_together(till: Till) -> None:
    salads, station, _ = await busy(till)
    whole = await share(till)
    home = whole["programs"][0]["program_id"]
    for query, wanted, people in (
        (f"&program_id={salads}", (1, 3, 1, 1, 1, 0), (1, 1, 1, 0)),
        (f"&program_id={home}", (2, 4, 0, 0, 0, 0), (2, 2, 1, 1)),
        (f"&branch_id={station}", (2, 3, 0, 1, 0, 0), (1, 1, 1, 1)),
        (f"&branch_id={station}&program_id={salads}", (1, 2, 0, 1, 0, 0), (1, 1, 1, 1)),
        (f"&branch_id={station}&program_id={home}", (1, 1, 0, 0, 0, 0), (1, 1, 1, 1)),
    ):
        found = await share(till, query)
        assert told(found) == wanted, query
        assert tuple(found["customers"].values()) == people, query
        assert "programs" not in found
        assert "branches" not in found
        assert sum(day["visits"] for day in found["daily"]) == found["visits"]
        assert found["daily"][-1]["visits"] == found["visits"], "all of it was today"


@on_both_databases
async def test_the_days_of_a_branch_begin_at_midnight_of_the_shop_also_at_a_quarter_of_an_hour(api: Api) -> None:
    till = await api.open_till(timezone="Asia/Kathmandu")  # 5:45 before UTC, where it is 12:00
    station = (await add_branch(api.database, till.business.id, name="Station", now=api.clock.now)).id
    lena = await till.join()
    for minutes in (0, 6 * 60 + 14, 1):
        api.clock.wait(minutes=minutes)
        await till.stamp(lena["id"], branch_id=station)
    days = (await share(till, f"&branch_id={station}"))["daily"]
    assert [(day["date"], day["visits"], day["new_customers"]) for day in days[-2:]] == [
        ("2026-03-02", 2, 1),
        ("2026-03-03", 1, 0),
    ]


@on_both_databases
async def test_a_lapsed_reward_is_of_the_branch_where_it_was_earned(api: Api) -> None:
    till = await api.open_till(stamps_required=1, reward_valid_days=1)
    station = (await add_branch(api.database, till.business.id, name="Station", now=api.clock.now)).id
    lena = await till.join()
    await till.stamp(lena["id"], branch_id=station)
    await till.stamp(lena["id"])
    assert told(await share(till, f"&branch_id={station}"))[3:] == (1, 0, 1)
    api.clock.wait(days=3)
    shop = Shop(api.database, till.business, api.clock)
    assert await book_expired(api.database, shop.counter, api.clock.now) == 2
    await shop.counter.close()
    found = await share(till, f"&branch_id={station}")
    assert (found["rewards"]["expired"], found["rewards"]["outstanding"]) == (1, 0)
    assert (await share(till))["rewards"]["expired"] == 2


@on_both_databases
async def test_gifts_are_stamps_of_a_branch_too_so_that_branches_add_up_to_the_shop(till: Till) -> None:
    station = (await add_branch(till.api.database, till.business.id, name="Station", now=till.api.clock.now)).id
    given(await till.patch("/program", {"opening_stamps": 2}))
    lena = await till.join()
    await till.stamp(lena["id"], branch_id=station)
    whole = await share(till)
    assert [(one["branch_id"], one["visits"], one["stamps"]) for one in whole["branches"]] == [
        (station, 1, 1),
        (None, 0, 2),
    ]
    assert sum(one["stamps"] for one in whole["branches"]) == whole["stamps"]["added"] == 3


async def test_a_shop_with_one_program_has_it_as_its_only_share_and_no_branches(till: Till) -> None:
    lena = given(await till.post("/customers", {"name": "Lena", "phone": "+14155550100"}), 201)["id"]
    given(await till.post(f"/customers/{lena}/stamps", {"stamps": 2}))
    whole = await share(till)
    (only,) = whole.pop("programs")
    assert whole.pop("branches") == []
    assert told(only) == told(whole)
    assert await share(till, f"&program_id={only['program_id']}") == whole


async def test_a_program_or_branch_that_the_shop_does_not_have_is_refused(till: Till) -> None:
    unknown = await till.get("/analytics?program_id=999999")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "program_not_found")
    nowhere = await till.get("/analytics?branch_id=999999")
    assert (nowhere.status_code, nowhere.json()["errors"][0]["pointer"]) == (400, "/branch_id")
    assert (await till.get("/analytics?branch_id=x")).status_code == 400
