"""ETags: a caller that has the newest state gets 304; one that would change a newer state than it knows is refused."""

import asyncio

import pytest

from tests.api.till import Api, Till, given, on_both_databases, refused
from tests.api.witness import Json


async def read(till: Till, path: str, known: str = "") -> tuple[int, str]:
    """The status and the ETag of an answer, for a caller who has a state or none."""
    answer = await till.ask("GET", path, headers={"If-None-Match": known} if known else {})
    assert (answer.content == b"") == (answer.status_code == 304)
    return answer.status_code, answer.headers["etag"]


async def change(till: Till, path: str, body: Json, state: str, *, once: str = "") -> tuple[int, str]:
    """The status and the ETag of a change that expects a state."""
    headers = {"If-Match": state, **({"Idempotency-Key": once} if once else {})}
    answer = await till.ask("PATCH", path, body, headers=headers)
    return answer.status_code, answer.headers.get("etag", "")


async def test_whatever_changes_a_customer_changes_the_tag_and_nothing_else_does(till: Till) -> None:
    lena = await till.join()
    paths = (f"/customers/{lena['id']}", f"/customers/qr/{lena['qr_code']}")
    _, tag = await read(till, paths[0])

    async def changed() -> bool:
        nonlocal tag
        before = tag
        statuses = {await read(till, path, before) for path in paths}
        [(status, tag)] = statuses
        assert (status == 304) == (tag == before)
        return status == 200

    assert not await changed()
    stamped = await till.stamp(lena["id"])
    assert await changed()
    await till.void(stamped["transaction_id"])
    assert await changed()
    given(await till.patch(paths[0], {"name": "Lena M"}))
    assert await changed()
    given(await till.patch(paths[0], {"name": "Lena M"}))
    assert not await changed()
    await till.change(name="Tea & Co")
    assert not await changed()
    await till.change(stamps_required=8)
    assert await changed()
    await till.join("Omar")
    assert not await changed()


async def test_an_answer_that_shows_a_state_names_it(till: Till) -> None:
    made = await till.post("/customers", {"name": "Lena", "phone": till.free_phone()})
    path = f"/customers/{given(made, 201)['id']}"
    assert await read(till, path, made.headers["etag"]) == (304, made.headers["etag"])
    patched = await till.patch(path, {"name": "Lena M"}, once="k")
    assert await read(till, path, patched.headers["etag"]) == (304, patched.headers["etag"])
    replayed = await till.patch(path, {"name": "Lena M"}, once="k")
    assert (replayed.headers["etag"], replayed.headers["idempotent-replayed"]) == (patched.headers["etag"], "true")
    program = await till.patch("/program", {"stamps_required": 7})
    assert await read(till, "/program", program.headers["etag"]) == (304, program.headers["etag"])


@on_both_databases
async def test_of_two_who_change_what_they_both_know_one_is_refused(till: Till) -> None:
    lena = await till.join()
    for path, bodies in (
        (f"/customers/{lena['id']}", ({"name": "Mira"}, {"name": "Omar"})),
        ("/program", ({"stamps_required": 7}, {"stamps_required": 6})),
    ):
        _, tag = await read(till, path)
        answers = await asyncio.gather(*(change(till, path, body, tag) for body in bodies))
        assert sorted(status for status, _ in answers) == [200, 412], path


@pytest.mark.parametrize("state", ['"1-10-1"', "nonsense", '""', '"1-10-0 "', '"a", "b"'])
async def test_another_state_is_refused_and_nothing_changes(till: Till, state: str) -> None:
    lena = await till.join()
    before = await till.api.dump()
    for method, path in (
        ("PATCH", f"/customers/{lena['id']}"),
        ("DELETE", f"/customers/{lena['id']}"),
        ("PATCH", "/program"),
    ):
        body = {"name": "Mira"} if method == "PATCH" else None
        problem = refused(await till.ask(method, path, body, headers={"If-Match": state}), 412, "precondition_failed")
        assert problem["version"] == 1
    assert await till.api.dump() == before


@pytest.mark.parametrize("form", ["{}", "W/{}", '"0-0-0", {}', "*"])
async def test_the_state_that_is_there_is_taken_however_it_is_written(till: Till, form: str) -> None:
    lena = await till.join()
    for path in (f"/customers/{lena['id']}", "/program"):
        _, tag = await read(till, path)
        status, after = await change(till, path, {"name": "Mira"}, form.format(tag))
        assert (status, after != tag) == (200, True)
    _, tag = await read(till, f"/customers/{lena['id']}")
    given(await till.ask("DELETE", f"/customers/{lena['id']}", headers={"If-Match": form.format(tag)}))


async def test_a_change_that_is_sent_again_gets_its_first_answer_in_whatever_state(
    till: Till,
) -> None:
    lena = await till.join()
    path = f"/customers/{lena['id']}"
    _, tag = await read(till, path)
    first = await change(till, path, {"name": "Mira"}, tag, once="k")
    await till.stamp(lena["id"])
    assert await change(till, path, {"name": "Mira"}, tag, once="k") == first
    assert (await change(till, path, {"name": "Mira"}, tag, once="k2"))[0] == 412


async def test_what_is_made_says_where_it_is(api: Api) -> None:
    till = await api.open_till()
    for base in ("/v1", "/api/v1"):
        hook = {"url": "http://127.0.0.1:9/hook", "events": ["stamp.added"]}
        for path, body in (("/customers", {"name": "Lena", "phone": till.free_phone()}), ("/webhooks", hook)):
            made = await till.ask("POST", path, body, base=base)
            assert made.headers["location"] == f"{base}{path}/{given(made, 201)['id']}"
            shown = await till.ask("GET", made.headers["location"], base="")
            assert shown.json()["data"]["id"] == made.json()["data"]["id"]
    queued = await till.post("/customers/import", {"customers": [{"name": "Omar"}]})
    assert queued.headers["location"] == given(queued, 202)["url"]
