"""What cannot be asked of programs, gifts, merges and undos: a refusal that names the field, and nothing changes."""

from typing import Any

import pytest

from tests.api.till import Till, given, refused
from tests.api.witness import Json

TEA, CAKE = {"stamps": 3, "reward_description": "A tea"}, {"stamps": 6, "reward_description": "A cake"}


def hours(*weekdays: int, begin: str = "14:00", end: str = "16:00", factor: object = 2) -> Json:
    return {"weekdays": weekdays or (1,), "from": begin, "to": end, "factor": factor}


ROWS = [hours(day) for day in range(1, 8)]
CHANGES: dict[str, tuple[Json, str, str]] = {
    "a step at the goal": ({"steps": [{**TEA, "stamps": 10}]}, "/steps", "must be below the goal of 10 stamps"),
    "a step above the goal": ({"steps": [TEA, {**CAKE, "stamps": 11}]}, "/steps", "one is at 11"),
    "two steps at one height": ({"steps": [TEA, {**CAKE, "stamps": 3}]}, "/steps", "must not have two steps at 3"),
    "steps in another order": ({"steps": [CAKE, TEA]}, "/steps", "must be in ascending order"),
    "a sixth step": ({"steps": [{**TEA, "stamps": n} for n in range(1, 7)]}, "/steps", "at most 5 steps"),
    "a step of nothing": ({"steps": [{**TEA, "stamps": 0}]}, "/steps/0/stamps", "from 1 to 100"),
    "a goal at the head start": ({"opening_stamps": 10}, "/opening_stamps", "must be below the goal"),
    "hours that overlap": ({"bonus_hours": [hours(), hours(begin="15:59")]}, "/bonus_hours", "must not overlap"),
    "hours that overlap after midnight": (
        {"bonus_hours": [hours(7, begin="22:00", end="02:00"), hours(1, begin="01:00", end="03:00")]},
        "/bonus_hours",
        "must not overlap",
    ),
    "empty hours": ({"bonus_hours": [hours(end="14:00")]}, "/bonus_hours", "must not be empty"),
    "hours from 24:00 on": ({"bonus_hours": [hours(begin="24:00")]}, "/bonus_hours", "must begin at 23:59 or earlier"),
    "hours that no clock has": ({"bonus_hours": [hours(end="24:30")]}, "/bonus_hours/0/to", "a time of the day"),
    "an eighth row": ({"bonus_hours": [*ROWS, hours(begin="18:00", end="19:00")]}, "/bonus_hours", "at most 7 rows"),
    "a factor of 0": ({"bonus_hours": [hours(factor=0)]}, "/bonus_hours/0/factor", "must be 2 or 3"),
    "no gift": ({"birthday": {}}, "/birthday", "must have either stamps or reward_description"),
    "two gifts": ({"birthday": {"stamps": 1, "reward_description": "A tea"}}, "/birthday", "must have either"),
    "a gift above the goal": ({"birthday": {"stamps": 11}}, "/birthday", "must not be above the goal of 10 stamps"),
    "a gift of nothing": ({"birthday": {"stamps": 0}}, "/birthday/stamps", "from 1 to the goal"),
    "a gift that is a text": ({"birthday": "a tea"}, "/birthday", "must be a JSON object, or null"),
    "a gift with another field": ({"birthday": {"stamp": 1}}, "/birthday/stamp", "is not a field here"),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_a_program_that_cannot_be_is_refused_and_stays_as_it_is(till: Till, what: str) -> None:
    asked, pointer, right = CHANGES[what]
    before = await till.api.dump()
    [error] = refused(await till.ask("PATCH", "/program", asked), 400, "invalid_request")["errors"]
    assert (error["pointer"], right in error["message"]) == (pointer, True), error
    assert await till.api.dump() == before


async def test_merges_that_cannot_be_are_refused_and_change_nothing(till: Till) -> None:
    next_door = await till.api.open_till("Tea & Co")
    lena, other, foreign = await till.join(), await till.join("Omar"), await next_door.join("Nina")
    before = await till.api.dump()

    async def asked(deed: str, from_id: object) -> Any:  # noqa: ANN401  # an answer
        return await till.post(f"/customers/{lena['id']}/{deed}", {"from_id": from_id})

    [error] = refused(await asked("merge", lena["id"]), 400, "invalid_request")["errors"]
    assert (error["pointer"], error["message"]) == ("/from_id", "must be the id of another customer")
    refused(await asked("merge", foreign["id"]), 404, "customer_not_found")
    refused(
        await next_door.post(f"/customers/{lena['id']}/merge", {"from_id": foreign["id"]}), 404, "customer_not_found"
    )
    assert refused(await asked("unmerge", other["id"]), 409, "merge_refused")["reason"] == "not_merged"
    assert await till.api.dump() == before
    given(await asked("merge", other["id"]))
    till.api.clock.wait(days=31)
    before = await till.api.dump()
    assert refused(await asked("unmerge", other["id"]), 409, "merge_refused")["reason"] == "too_late"
    assert await till.api.dump() == before


async def test_more_than_is_left_is_not_undone(till: Till) -> None:
    lena = await till.join()
    path = f"/transactions/{(await till.stamp(lena['id'], 3))['transaction_id']}/void"
    given(await till.post(path, {"stamps": 2}))
    before = await till.api.dump()
    assert refused(await till.post(path, {"stamps": 2}), 409, "void_refused")["reason"] == "more_than_left"
    refused(await till.post(path, {"stamps": 0}), 400, "invalid_request")
    assert await till.api.dump() == before


async def test_an_archived_program_and_an_eleventh_one_are_refused(till: Till) -> None:
    lena, new = await till.join(), {"stamps_required": 5, "reward_description": "A salad"}
    made = [given(await till.post("/programs", new), 201)["id"] for _ in range(9)]
    before = await till.api.dump()
    refused(await till.post("/programs", new), 409, "program_limit_reached")
    assert await till.api.dump() == before
    given(await till.post(f"/programs/{made[0]}/archive", {}))
    before = await till.api.dump()
    refused(await till.post(f"/customers/{lena['id']}/stamps", {"program_id": made[0]}), 409, "program_archived")
    refused(await till.post(f"/programs/{made[0]}/make-main", {}), 409, "program_archived")
    refused(await till.post(f"/programs/{till.business.id}/archive", {}), 409, "main_program_needed")
    assert await till.api.dump() == before
