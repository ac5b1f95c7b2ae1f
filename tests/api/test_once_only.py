"""Once only: a request that carries an Idempotency-Key happens once, however often and by whichever way it comes."""

import asyncio

import pytest

from api.app import V1
from loyalty_app.counter.orders import CHAT_KEYS, page_key
from loyalty_app.settings import Settings
from loyalty_app.webhooks import endpoints
from tests.api.endpoints import ENDPOINTS, NOBODY, RARE, furnish
from tests.api.till import Till, given, on_both_databases, open_api, refused

ELSEWHERE = {"/customers/import", "/stamps/batch"}
WRITES = [endpoint for endpoint in ENDPOINTS if endpoint.method != "GET" and endpoint.path not in ELSEWHERE]
"""What is imported goes on happening after the answer: `test_imports` looks at that. Of a batch each stamp has a key of
its own: `test_batches`."""
ABOUT_NOTHING = {"flags.update_rules", "program.update", "programs.create", "webhooks.create"}
"""Their example is always the same request."""


def test_every_request_that_changes_something_takes_a_key() -> None:
    changing = [handler for handler in V1 if handler.http_methods & {"POST", "PUT", "PATCH", "DELETE"}]
    keyless = {handler.name for handler in changing if not handler.opt["operation"].once_only}
    assert keyless == {"stamps.batch"}, "each stamp in it has a key of its own"


@on_both_databases
async def test_a_repeated_request_gets_the_first_answer_byte_for_byte_by_either_address(
    till: Till, subtests: pytest.Subtests
) -> None:
    for endpoint in WRITES:
        with subtests.test(endpoint=endpoint.name):
            things = await furnish(till, endpoint)
            first = await endpoint.ask(till, things, once=endpoint.name)
            assert first.status_code == endpoint.status
            assert "idempotent-replayed" not in first.headers
            before = await till.api.dump()
            for base in ("/v1", "/api/v1"):
                till.api.clock.wait(days=1)
                again = await endpoint.ask(till, things, once=endpoint.name, base=base)
                assert (again.status_code, again.content) == (first.status_code, first.content)
                assert again.headers["idempotent-replayed"] == "true"
            assert await till.api.dump() == before


@pytest.mark.slow
async def test_a_key_refuses_any_other_request(till: Till, subtests: pytest.Subtests) -> None:
    others = (await furnish(till))._replace(webhook=1_000_000, other_program=1_000_000)
    for endpoint in WRITES:
        things = await furnish(till)
        given(await endpoint.ask(till, things, once=endpoint.name), endpoint.status)
        before = await till.api.dump()
        for other in (other for other in WRITES if other is not endpoint or other.name not in ABOUT_NOTHING):
            with subtests.test(first=endpoint.name, then=other.name):
                about = things if other.template != endpoint.template else others
                refused(await other.ask(till, about, once=endpoint.name), 422, "idempotency_key_reused")
        assert await till.api.dump() == before


async def test_a_request_that_was_refused_may_be_accepted_later_under_the_same_key(till: Till) -> None:
    lena = await till.join()
    path = f"/customers/{lena['id']}/redeem"
    refused(await till.post(path, once="k"), 409, "no_reward_available")
    refused(await till.post(path, {"reward_id": "one"}, once="k"), 400, "invalid_request")
    await till.stamp(lena["id"], 10)
    first = await till.post(path, once="k")
    assert given(first)["reward"]["status"] == "redeemed"
    assert (await till.post(path, once="k")).content == first.content


async def test_the_same_request_written_otherwise_is_the_same_request(till: Till) -> None:
    first = await till.post("/customers", {"name": "Lena", "phone": "(415) 555-2671"}, once="k")
    again = await till.post("/customers", {"phone": "+1 415 555 2671", "name": "Lena", "email": None}, once="k")
    assert (given(first, 201), again.headers["idempotent-replayed"]) == (given(again, 201), "true")


async def test_without_a_key_each_request_happens(till: Till) -> None:
    lena = await till.join()
    await till.post(f"/customers/{lena['id']}/stamps")
    assert given(await till.post(f"/customers/{lena['id']}/stamps"))["total_stamps"] == 2


@on_both_databases
async def test_a_key_holds_for_all_tills_of_a_shop_with_whatever_api_key_they_ask(till: Till) -> None:
    lena, other = await till.join(), await till.api.another_till(till.business)
    path = f"/customers/{lena['id']}"
    for _ in "12":
        await till.stamp(lena["id"], 10)
    both = await asyncio.gather(*(one.post(f"{path}/redeem", once="k") for one in (till, other)))
    assert {each.content for each in both} == {both[0].content}
    assert [each.headers.get("idempotent-replayed") for each in both].count("true") == 1
    refused(await other.post(f"{path}/stamps", once="k"), 422, "idempotency_key_reused")
    assert (await till.show(lena["id"]))["rewards_available"] == 1


@on_both_databases
async def test_an_order_is_stamped_once_in_a_shop_with_whatever_api_key_it_comes(till: Till) -> None:
    lena, other = await till.join(), await till.api.another_till(till.business)
    order, path = {"order_ref": "till-1-2026-03-02-000123"}, f"/customers/{lena['id']}/stamps"
    both = await asyncio.gather(*(one.post(path, order) for one in (till, other)))
    assert sorted(each.status_code for each in both) == [200, 409]
    assert (await till.show(lena["id"]))["total_stamps"] == 1


@on_both_databases
async def test_a_key_outlives_a_restart(place: Settings) -> None:
    async with open_api(place) as api:
        till = await api.open_till()
        lena = await till.join()
        first = await till.post(f"/customers/{lena['id']}/stamps", once="k")
    async with open_api(place) as api:
        again = await till.moved(api).post(f"/customers/{lena['id']}/stamps", once="k")
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")


async def test_what_was_answered_about_somebody_is_not_told_once_they_are_erased(till: Till) -> None:
    lena = await till.join()
    path = f"/customers/{lena['id']}/stamps"
    given(await till.post(path, once="k"))
    given(await till.delete(f"/customers/{lena['id']}", once="k2"))
    refused(await till.post(path, once="k"), 404, "customer_not_found")
    assert given(await till.delete(f"/customers/{lena['id']}", once="k2"))["deleted"] is True


async def test_a_repeated_rotation_keeps_the_secret_that_the_first_one_gave(till: Till) -> None:
    webhook = given(await till.post("/webhooks", {"url": NOBODY, "events": [RARE]}, once="new"), 201)
    first = await till.post(f"/webhooks/{webhook['id']}/rotate-secret", once="rotate")
    again = await till.post(f"/webhooks/{webhook['id']}/rotate-secret", once="rotate")
    assert again.content == first.content
    [listed] = (await till.get("/webhooks")).json()["data"]
    assert listed["secret_hint"] == given(first)["secret"][-4:]


async def test_a_repeated_registration_is_answered_though_no_name_is_found_any_more(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = {"url": NOBODY, "events": [RARE]}
    first = await till.post("/webhooks", order, once="new")
    change = await till.patch(f"/webhooks/{given(first, 201)['id']}", {"url": NOBODY}, once="change")
    monkeypatch.setattr(endpoints, "addresses_of", away)
    assert (await till.post("/webhooks", order, once="new")).content == first.content
    again = await till.patch(f"/webhooks/{given(first, 201)['id']}", {"url": NOBODY}, once="change")
    assert again.content == change.content


async def away(url: object) -> list[str]:
    raise AssertionError(f"nobody may ask for the address of {url}")


async def test_a_key_of_the_chat_cannot_be_taken_by_a_till(till: Till) -> None:
    refused = await till.post("/customers", {"name": "Lena", "phone": "+14155550123"}, once="chat:0AbCdEf1234567")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/Idempotency-Key"


async def test_a_key_of_a_page_can_be_taken_by_no_till_and_by_nobody_in_the_chat(till: Till) -> None:
    key = page_key(1, "a")
    assert key.isascii()
    assert not key.startswith(CHAT_KEYS)
    order = {"name": "Lena", "phone": "+14155550123"}
    refused = await till.post("/customers", order, once=key)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/Idempotency-Key"
    assert page_key(1, "a") != page_key(2, "a")
