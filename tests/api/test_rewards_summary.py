"""What the shop owes, over HTTP: by program, age and branch, the share that was redeemed, and money."""

import pytest
from sqlalchemy import select, update

from loyalty_app.db.tables import reward
from loyalty_app.shops.workplaces import add_branch
from tests.api.till import Api, Till, given, on_both_databases
from tests.api.witness import Json


async def test_a_new_shop_owes_nothing(till: Till) -> None:
    assert given(await till.get("/rewards/summary")) == {
        "outstanding": 0,
        "cost": None,
        "currency": None,
        "programs": [
            {"program_id": 1, "title": None, "outstanding": 0, "reward_cost": None, "currency": None, "cost": None}
        ],
        "ages": [
            {"from_days": 0, "to_days": 7, "outstanding": 0},
            {"from_days": 8, "to_days": 30, "outstanding": 0},
            {"from_days": 31, "to_days": 90, "outstanding": 0},
            {"from_days": 91, "to_days": None, "outstanding": 0},
        ],
        "branches": [],
        "redeemed": {"days": 90, "redeemed": 0, "expired": 0, "share": None},
    }


@on_both_databases
async def test_what_is_owed_is_told_by_age_by_branch_and_in_money(till: Till) -> None:
    clock, business = till.api.clock, till.business
    centre = await add_branch(till.api.database, business.id, name="Centre", now=clock.now)
    harbour = await add_branch(till.api.database, business.id, name="Harbour", now=clock.now)
    lena = await till.join("Lena")
    for days, branch in ((0, centre.id), (84, centre.id), (8, None)):
        clock.wait(days=days)
        await till.stamp(lena["id"], 10, **({"branch_id": branch} if branch else {}))
    rows = await till.api.database.read(lambda c: c.execute(select(reward.c.branch_id).order_by(reward.c.id)).all())
    assert [row.branch_id for row in rows] == [centre.id, centre.id, 0]
    await till.redeem(lena["id"])
    await till.change(reward_cost=120, currency="EUR")
    summary = given(await till.get("/rewards/summary"))
    assert (summary["outstanding"], summary["cost"], summary["currency"]) == (2, 240, "EUR")
    assert [age["outstanding"] for age in summary["ages"]] == [1, 1, 0, 0]
    assert summary["branches"] == [
        {"branch_id": centre.id, "name": "Centre", "outstanding": 1},
        {"branch_id": harbour.id, "name": "Harbour", "outstanding": 0},
        {"branch_id": None, "name": None, "outstanding": 1},
    ]
    assert summary["redeemed"] == {"days": 90, "redeemed": 1, "expired": 0, "share": 0.3333}
    [program] = summary["programs"]
    assert program == {
        "program_id": 1,
        "title": None,
        "outstanding": 2,
        "reward_cost": 120,
        "currency": "EUR",
        "cost": 240,
    }


@on_both_databases
async def test_a_reward_that_an_older_server_wrote_counts_at_the_branch_of_its_entry(till: Till) -> None:
    centre = await add_branch(till.api.database, till.business.id, name="Centre", now=till.api.clock.now)
    for branch in ({"branch_id": centre.id}, {}):
        await till.stamp((await till.join())["id"], 10, **branch)
    await till.api.database.write(lambda connection: connection.execute(update(reward).values(branch_id=None)).close())
    await till.stamp((await till.join())["id"], 10, branch_id=centre.id)
    summary = given(await till.get("/rewards/summary"))
    assert [branch["outstanding"] for branch in summary["branches"]] == [2, 1]
    assert [age["outstanding"] for age in summary["ages"]] == [3, 0, 0, 0]


async def test_a_reward_whose_time_is_over_is_not_owed(till: Till) -> None:
    await till.change(reward_valid_days=1)
    await till.stamp((await till.join())["id"], 10)
    till.api.clock.wait(days=2)
    summary = given(await till.get("/rewards/summary"))
    assert (summary["outstanding"], [age["outstanding"] for age in summary["ages"]]) == (0, [0, 0, 0, 0])


async def test_days_are_those_of_the_shop(api: Api) -> None:
    """At noon in UTC it is the next day on Kiritimati: a reward of nearly eight days ago is eight days old there."""
    till = await api.open_till(timezone="Pacific/Kiritimati")
    api.clock.wait(hours=-4)
    await till.stamp((await till.join())["id"], 10)
    api.clock.wait(days=7, hours=3)
    assert [age["outstanding"] for age in given(await till.get("/rewards/summary"))["ages"]] == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"reward_cost": 120}, "/currency"),
        ({"reward_cost": -1, "currency": "EUR"}, "/reward_cost"),
        ({"reward_cost": 1.5, "currency": "EUR"}, "/reward_cost"),
        ({"reward_cost": 100_000_001, "currency": "EUR"}, "/reward_cost"),
        ({"reward_cost": 120, "currency": "eur"}, "/currency"),
        ({"reward_cost": 120, "currency": "EURO"}, "/currency"),
        ({"reward_cost": 120, "currency": "QQQ"}, "/currency"),
    ],
)
async def test_a_cost_that_cannot_be_is_refused_and_changes_nothing(till: Till, change: Json, pointer: str) -> None:
    before = given(await till.get("/program"))
    refused = await till.ask("PATCH", "/program", change)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert given(await till.get("/program")) == before


async def test_a_cost_is_shown_once_it_is_given_and_null_takes_it_back(till: Till) -> None:
    assert "reward_cost" not in given(await till.get("/program"))
    changed = await till.change(reward_cost=120, currency="EUR")
    assert (changed["reward_cost"], changed["currency"], changed["version"]) == (120, "EUR", 2)
    back = await till.change(reward_cost=None, currency=None)
    assert {"reward_cost", "currency"}.isdisjoint(back)
