"""Keys: what is kept of them, how they are sent, and how soon a change of a key or of a plan is felt."""

import asyncio
import hashlib
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import select, text, update

from loyalty_app.clock import utc_now
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.tables import api_key
from loyalty_app.settings import Settings
from loyalty_app.shops import api_key_check
from loyalty_app.shops.api_keys import revoke_key
from loyalty_app.shops.businesses import set_plan
from loyalty_app.shops.twins import create_test_key
from loyalty_core.access import KEY_RANDOM_BYTES, Plan, Scope, make_key
from testkit.concurrency import until
from testkit.half_deleted import begin_deleting
from tests.api.endpoints import ENDPOINTS, furnish
from tests.api.till import Api, Till, given, open_api, refused


async def last_used(till: Till) -> datetime | None:
    """When the till's key was last used, as far as is noted."""
    own = select(api_key.c.last_used_at).where(api_key.c.id == till.key_id)
    return await till.api.database.read(lambda connection: connection.execute(own).scalar_one())


async def note_use(database: Database, till: Till, when: datetime) -> None:
    noted = update(api_key).where(api_key.c.id == till.key_id).values(last_used_at=when)
    await database.write(lambda connection: connection.execute(noted))


async def test_no_endpoint_answers_without_a_key_or_with_a_wrong_one(till: Till, subtests: pytest.Subtests) -> None:
    things, before = await furnish(till), await till.api.dump()
    stranger = make_key(bytes(KEY_RANDOM_BYTES)).text
    typo = till.key[:-1] + ("0" if till.key[-1] != "0" else "1")
    for endpoint in ENDPOINTS:
        till.api.clock.wait(minutes=1)  # failed sign-ins must not add up
        for key, code in ((stranger, "invalid_api_key"), (typo, "invalid_api_key"), ("", "missing_api_key")):
            with subtests.test(endpoint=endpoint.name, code=code):
                asking = Till(till.api, till.business, key, till.key_id)
                answer = await endpoint.ask(asking, things)
                problem = refused(answer, 401, code)
                assert answer.headers["www-authenticate"] == "Bearer"
                assert key not in problem["detail"] or not key
    assert await till.api.dump() == before


@pytest.mark.slow
async def test_an_endpoint_needs_its_scope_and_no_other(till: Till, subtests: pytest.Subtests) -> None:
    for endpoint, scope in ((one, one.scope) for one in ENDPOINTS if one.scope):
        with subtests.test(endpoint=endpoint.name):
            things = await furnish(till, endpoint)
            others = await till.api.another_till(till.business, [one for one in Scope if one is not scope])
            before = await till.api.dump()
            problem = refused(await endpoint.ask(others, things), 403, "scope_required")
            assert scope in problem["detail"]
            assert await till.api.dump() == before
            only = await till.api.another_till(till.business, [scope])
            assert (await endpoint.ask(only, things)).status_code == endpoint.status


@pytest.mark.parametrize("plan", [Plan.BASIC, Plan.TRIAL])
async def test_no_endpoint_answers_a_shop_whose_plan_has_no_api(
    till: Till, plan: Plan, subtests: pytest.Subtests
) -> None:
    things, small = await furnish(till), await till.api.open_till("Corner Shop", plan=plan, rate_limit=None)
    before = await till.api.dump()
    for endpoint in ENDPOINTS:
        with subtests.test(endpoint=endpoint.name):
            answer = await endpoint.ask(small, things)
            assert plan in refused(answer, 403, "plan_required")["detail"]
            assert answer.headers["x-ratelimit-limit"] == "0"
    assert await till.api.dump() == before


@pytest.mark.parametrize("scheme", ["Bearer {}", "bearer {}", "BEARER   {} "])
async def test_a_key_is_taken_as_a_bearer_token_or_in_its_own_header(till: Till, scheme: str) -> None:
    bearer = await till.api.client.get("/v1/program", headers={"Authorization": scheme.format(till.key)})
    own = await till.api.client.get("/v1/program", headers={"X-Api-Key": till.key})
    both = await till.api.client.get("/v1/program", headers={"Authorization": "Basic eDp5", "X-Api-Key": till.key})
    assert given(bearer) == given(own) == given(both)


async def test_what_is_no_key_is_refused(api: Api) -> None:
    no_keys = ("", "Bearer", "Bearer ", "Basic eDp5", "ll_0123456789", "Bearer ll_x", "Bearer x y", "Bearer \x7f")
    for header in no_keys:
        answer = await api.client.get("/v1/program", headers={"Authorization": header})
        assert answer.status_code == 401, header


async def test_only_the_digest_of_a_key_is_kept(till: Till) -> None:
    await till.get("/program")
    kept = await till.api.dump(without=())
    [row] = kept["api_key"]
    assert hashlib.sha256(till.key.encode()).digest() in row
    secret = till.key[len("ll_") + 8 : -6]
    assert len(secret) == 43
    assert secret not in repr(kept)


async def test_a_key_with_a_typing_error_is_refused_without_asking_the_database(till: Till) -> None:
    await till.api.database.write(lambda connection: connection.execute(text("ALTER TABLE api_key RENAME TO lost")))
    typo = till.key[:20] + ("0" if till.key[20] != "0" else "1") + till.key[21:]
    stranger = make_key(bytes(KEY_RANDOM_BYTES)).text
    for key, status in ((typo, 401), (stranger, 500)):
        assert (await till.api.client.get("/v1/program", headers={"X-Api-Key": key})).status_code == status


async def until_refused(till: Till) -> httpx.Response:
    """The first answer that is no 200. That a key is cached for less than a second is held where keys are checked."""
    async with asyncio.timeout(20):
        while (answer := await till.get("/program")).status_code == 200:
            pass
    return answer


async def test_a_key_that_is_revoked_while_it_is_in_use_is_soon_refused(till: Till, place: Settings) -> None:
    other = await till.api.another_till(till.business)
    assert (await till.get("/program")).status_code == 200
    elsewhere = open_database(place)
    await revoke_key(elsewhere, till.business.id, till.key_id, now=utc_now())
    await elsewhere.close()
    refused(await until_refused(till), 401, "invalid_api_key")
    assert (await other.get("/program")).status_code == 200


async def test_with_a_key_that_is_still_remembered_nothing_of_a_shop_that_is_being_deleted_can_be_changed(
    till: Till, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    things = await furnish(till)
    monkeypatch.setattr(api_key_check, "REMEMBERED_SECONDS", 600)
    known = await till.api.another_till(till.business)
    given(await known.get("/program"))
    await begin_deleting(till.api.database, till.business.id)
    before = await till.api.dump()
    for endpoint in ENDPOINTS:
        if endpoint.method == "GET" or endpoint.name == "stamps.batch":  # of a batch the counter refuses each alone
            continue
        with subtests.test(endpoint=endpoint.name):
            refused(await endpoint.ask(known, things), 410, "shop_closed")
    assert await till.api.dump() == before


async def test_an_expired_key_is_refused_like_an_unknown_one(till: Till) -> None:
    past = update(api_key).values(expires_at=till.api.clock.now - timedelta(seconds=1))
    await till.api.database.write(lambda connection: connection.execute(past))
    expired = refused(await till.get("/program"), 401, "invalid_api_key")
    stranger = Till(till.api, till.business, make_key(bytes(KEY_RANDOM_BYTES)).text, 0)
    unknown = refused(await stranger.get("/program"), 401, "invalid_api_key")
    assert {**expired, "request_id": ""} == {**unknown, "request_id": ""}


async def test_a_change_of_plan_is_soon_felt(till: Till) -> None:
    assert (await till.get("/program")).status_code == 200
    await set_plan(till.api.database, till.business.id, Plan.BASIC)
    refused(await until_refused(till), 403, "plan_required")


async def test_a_shop_that_falls_back_to_the_trial_gets_no_twenty_sixth_customer(till: Till) -> None:
    await asyncio.gather(*(till.join() for _ in range(25)))
    before = await till.api.dump(without=("api_key", "business"))
    await set_plan(till.api.database, till.business.id, Plan.TRIAL)
    answer = await till.post("/customers", {"name": "Omar", "phone": till.free_phone()})
    assert (answer.status_code, answer.json()["code"]) in {(409, "customer_limit_reached"), (403, "plan_required")}
    assert await till.api.dump(without=("api_key", "business")) == before


async def test_the_last_use_of_a_key_is_noted(till: Till) -> None:
    assert await last_used(till) is None
    await till.get("/program")

    async def is_noted() -> bool:
        return await last_used(till) is not None

    await until(is_noted)
    assert await last_used(till) == till.api.clock.now


@pytest.mark.parametrize(("seconds_ago", "noted_anew"), [(50, False), (70, True)])
async def test_the_last_use_of_a_key_is_noted_once_a_minute_at_most(
    place: Settings, seconds_ago: int, *, noted_anew: bool
) -> None:
    async with open_api(place) as api:
        till = await api.open_till()
        before = api.clock.now - timedelta(seconds=seconds_ago)
        await note_use(api.database, till, before)
        await asyncio.gather(*(till.get("/program") for _ in range(10)))
    async with open_api(place) as api:  # a note that was begun is finished before the API stops
        assert (await last_used(till.moved(api)) != before) == noted_anew


async def test_a_test_key_says_so_and_sees_nothing_of_the_shop(till: Till) -> None:
    lena = await till.join("Lena")
    assert given(await till.get("/key"))["business"]["test"] is False
    made = await create_test_key(till.api.database, till.business.id, name="Trying out", now=utc_now())
    till.api.witness.keys.add(made.api_key)
    trying = Till(till.api, till.business, made.api_key, made.key_id)

    shop = given(await trying.get("/key"))["business"]
    assert (shop["test"], shop["name"], shop["id"] == till.business.id) == (True, till.business.name, False)
    assert (await trying.get("/customers")).json()["data"] == []
    refused(await trying.get(f"/customers/{lena['id']}"), 404, "customer_not_found")
