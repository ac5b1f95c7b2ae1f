"""Endpoints over HTTP: registering, listing, changing, deleting, new secrets, and who may do that."""

import asyncio
import logging
import re

import httpx
import pytest

from loyalty_app.clock import utc_now
from loyalty_core.access import Scope
from loyalty_core.webhooks import InvalidSignature, verify
from testkit.concurrency import until
from tests.api.till import Api, Till, given, refused, wrong_fields
from tests.api.witness import Json
from tests.webhooks.receiver import Receiver, Request, receiving

NOWHERE = "http://127.0.0.1:9/hook"
FIELDS = {"id", "url", "events", "active", "created_at", "secret_hint", "last_delivery"}
SECRET = r"whsec_[A-Za-z0-9+/]{43}="


@pytest.fixture
async def till(api: Api) -> Till:
    """The till of Bean & Leaf."""
    return await api.open_till()


async def register(till: Till, url: str = NOWHERE, *events: str) -> Json:
    return given(await till.post("/webhooks", {"url": url, "events": events or ["stamp.added"]}), 201)


async def shown(till: Till) -> list[Json]:
    """All endpoints, as the list shows them."""
    answer = await till.get("/webhooks")
    assert answer.status_code == 200
    webhooks: list[Json] = answer.json()["data"]
    return webhooks


async def the_only(till: Till) -> Json:
    """The only endpoint."""
    [webhook] = await shown(till)
    return webhook


async def until_last_delivery(till: Till) -> Json:
    """Wait until an attempt at the only endpoint is noted."""

    async def noted() -> bool:
        return (await the_only(till))["last_delivery"] is not None

    await until(noted)
    last: Json = (await the_only(till))["last_delivery"]
    return last


# Registering and listing.


async def test_a_new_endpoint_shows_its_secret_this_once(till: Till) -> None:
    new = await register(till, NOWHERE, "stamp.added", "reward.redeemed")
    secret = new.pop("secret")
    assert re.fullmatch(SECRET, secret)
    assert new.keys() == FIELDS
    assert (new["url"], new["events"]) == (NOWHERE, ["stamp.added", "reward.redeemed"])
    assert (new["active"], new["created_at"], new["last_delivery"]) == (True, "2026-03-02T12:00:00Z", None)
    assert secret.endswith(new["secret_hint"])
    assert len(new["secret_hint"]) == 4
    assert await the_only(till) == new


async def test_a_secret_is_never_seen_again_in_answers_in_the_database_or_in_logs(
    api: Api, till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with receiving() as receiver:
        new = await register(till, receiver.url)
        renewed = given(await till.post(f"/webhooks/{new['id']}/rotate-secret"))
        lena = await till.join()
        await till.stamp(lena["id"])
        await until_last_delivery(till)
        answers = [
            await till.get("/webhooks"),
            await till.patch(f"/webhooks/{new['id']}", {"active": True}),
            await till.get(f"/webhooks/{new['id']}/deliveries"),
            await till.post(f"/webhooks/{new['id']}/test"),
            await till.delete(f"/webhooks/{new['id']}"),
        ]
    seen = "".join(answer.text for answer in answers) + repr(await api.dump()) + caplog.text
    for secret in (new["secret"], renewed["secret"]):
        assert secret.removeprefix("whsec_") not in seen


async def test_the_list_holds_all_endpoints_of_the_business_the_oldest_first(api: Api, till: Till) -> None:
    ids = [(await register(till))["id"] for _ in range(3)]
    await register(await api.open_till())
    assert [webhook["id"] for webhook in await shown(till)] == ids


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"url": NOWHERE}, "/events"),
        ({"events": ["stamp.added"]}, "/url"),
        ({"url": NOWHERE, "events": []}, "/events"),
        ({"url": NOWHERE, "events": ["stamp.taken"]}, "/events"),
        ({"url": NOWHERE, "events": ["stamp.added", "stamp.added"]}, "/events"),
        ({"url": NOWHERE, "events": "stamp.added"}, "/events"),
        ({"url": "http://10.0.0.1/", "events": ["stamp.added"]}, "/url"),
        ({"url": "hook", "events": ["stamp.added"]}, "/url"),
        ({"url": NOWHERE, "events": ["stamp.added"], "active": False}, "/active"),
    ],
)
async def test_a_wrong_endpoint_is_refused_and_the_answer_names_the_field(till: Till, body: Json, wrong: str) -> None:
    assert wrong_fields(await till.post("/webhooks", body)) == [wrong]
    assert await shown(till) == []


async def test_of_30_registrations_at_once_20_are_taken_and_10_refused(till: Till) -> None:
    async def ask() -> httpx.Response:
        while (answer := await till.post("/webhooks", {"url": NOWHERE, "events": ["stamp.added"]})).status_code == 503:
            refused(answer, 503, "busy")  # it stood in line for too long, on a machine with much to do
        return answer

    answers = await asyncio.gather(*(ask() for _ in range(30)))
    for answer in (answer for answer in answers if answer.status_code != 201):
        assert "20" in refused(answer, 409, "webhook_limit_reached")["detail"]
    assert [answer.status_code for answer in answers].count(201) == 20
    webhooks = await shown(till)
    assert len(webhooks) == 20
    given(await till.delete(f"/webhooks/{webhooks[0]['id']}"))
    await register(till)


# Changing and deleting.


async def test_a_change_touches_what_it_names_and_nothing_else(till: Till) -> None:
    before = await register(till)
    del before["secret"]
    path = f"/webhooks/{before['id']}"
    for change in ({"events": ["customer.created"]}, {"url": "http://127.0.0.1:10/other"}, {"active": False}, {}):
        before |= change
        assert given(await till.patch(path, change)) == before == await the_only(till)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"active": False, "events": []}, "/events"),
        ({"active": False, "url": "http://10.0.0.1/"}, "/url"),
        ({"events": ["customer.created"], "active": 1}, "/active"),
    ],
)
async def test_a_wrong_change_is_refused_and_changes_nothing(till: Till, change: Json, wrong: str) -> None:
    before = await register(till)
    del before["secret"]
    assert wrong_fields(await till.patch(f"/webhooks/{before['id']}", change)) == [wrong]
    assert await the_only(till) == before


async def test_switched_off_an_endpoint_holds_what_is_queued_and_switched_on_it_gets_that(api: Api, till: Till) -> None:
    async with receiving("503") as receiver:
        webhook = await register(till, receiver.url)
        await till.stamp((await till.join())["id"])
        await until_last_delivery(till)
        given(await till.patch(f"/webhooks/{webhook['id']}", {"active": False}))
        receiver.will("ok")
        api.clock.wait(hours=1)
        await till.stamp((await till.join())["id"])
        assert await api.app.state.runtime.webhook_worker.take_turn() == 0
        given(await till.patch(f"/webhooks/{webhook['id']}", {"active": True}))
        await receiver.gets(2)
        await until_status(till, "delivered")
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1


async def until_status(till: Till, status: str) -> None:
    async def is_so() -> bool:
        last = (await the_only(till))["last_delivery"]
        return last is not None and last["status"] == status

    await until(is_so)


async def test_a_deleted_endpoint_is_sent_nothing_more_not_even_what_was_queued(api: Api, till: Till) -> None:
    async with receiving("wait") as receiver:
        webhook = await register(till, receiver.url)
        lena = await till.join()
        for _ in range(6):
            await till.stamp(lena["id"])
        await receiver.gets(4)
        assert given(await till.delete(f"/webhooks/{webhook['id']}")) == {"id": webhook["id"], "deleted": True}
        receiver.allowed.set()
        await api.app.state.runtime.webhook_worker.settle()
        await till.stamp(lena["id"])
        assert await api.app.state.runtime.webhook_worker.take_turn() == 0
        assert len(receiver.requests) == 4
    rows = await api.dump()
    assert rows["delivery"] == rows["attempt"] == rows["webhook_endpoint"] == []
    refused(await till.delete(f"/webhooks/{webhook['id']}"), 404, "webhook_not_found")


# Secrets.


async def test_after_a_rotation_deliveries_carry_both_signatures(till: Till) -> None:
    async with receiving() as receiver:
        old = await register(till, receiver.url)
        new = given(await till.post(f"/webhooks/{old['id']}/rotate-secret"))
        assert new.keys() == FIELDS | {"secret"}
        assert (new["id"], new["secret_hint"]) == (old["id"], new["secret"][-4:])
        assert new["secret"] != old["secret"]
        await till.stamp((await till.join())["id"])
        [request] = await receiver.gets(1)
    assert len(request.headers["webhook-signature"].split()) == 2
    for secret in (old["secret"], new["secret"]):
        verify(secret, request.headers, request.body, now=utc_now())


async def test_every_secret_of_the_last_24_hours_signs_and_none_longer(api: Api, till: Till) -> None:
    async with receiving() as receiver:
        webhook = await register(till, receiver.url)
        path, given_out = f"/webhooks/{webhook['id']}/rotate-secret", [webhook["secret"]]
        for hours in (10, 10, 3):
            api.clock.wait(hours=hours)
            given_out.append(given(await till.post(path))["secret"])
        assert await signers_of(till, receiver, webhook, given_out) == given_out
        api.clock.wait(hours=11)  # the first was retired 24 hours ago
        assert await signers_of(till, receiver, webhook, given_out) == given_out[1:]
        given(await till.delete(f"/webhooks/{webhook['id']}"))
        assert (await api.dump())["retired_secret"] == []


async def signers_of(till: Till, receiver: Receiver, webhook: Json, given_out: list[str]) -> list[str]:
    """Which secrets have signed the next delivery."""
    seen = len(receiver.requests)
    await till.post(f"/webhooks/{webhook['id']}/test")
    request = (await receiver.gets(seen + 1))[-1]
    assert len(request.headers["webhook-signature"].split()) <= len(given_out)
    return [secret for secret in given_out if fits(secret, request)]


def fits(secret: str, request: Request) -> bool:
    try:
        verify(secret, request.headers, request.body, now=utc_now())
    except InvalidSignature:
        return False
    return True


async def test_of_two_rotations_at_once_neither_secret_is_lost(till: Till) -> None:
    async with receiving() as receiver:
        webhook = await register(till, receiver.url)
        path = f"/webhooks/{webhook['id']}/rotate-secret"
        renewed = await asyncio.gather(till.post(path), till.post(path))
        await till.stamp((await till.join())["id"])
        [request] = await receiver.gets(1)
    for secret in (given(answer)["secret"] for answer in renewed):
        verify(secret, request.headers, request.body, now=utc_now())


# The last delivery.


async def test_the_last_delivery_says_when_and_how_it_went(api: Api, till: Till) -> None:
    async with receiving("500", "ok") as receiver:
        await register(till, receiver.url)
        lena = await till.join()
        await till.stamp(lena["id"])
        first = {"at": "2026-03-02T12:00:00Z", "status": "queued", "http_status": 500}
        assert await until_last_delivery(till) == first
        api.clock.wait(seconds=1)
        await till.stamp(lena["id"])
        await until_status(till, "delivered")
    second = {"at": "2026-03-02T12:00:01Z", "status": "delivered", "http_status": 200}
    assert (await the_only(till))["last_delivery"] == second


async def test_a_receiver_that_cannot_be_reached_has_given_no_status(till: Till) -> None:
    async with receiving() as closed:
        url = closed.url
    await register(till, url)
    await till.stamp((await till.join())["id"])
    assert (await until_last_delivery(till))["http_status"] is None


# Rights.

VERBS = [
    ("PATCH", "", {"active": False}),
    ("DELETE", "", None),
    ("POST", "/rotate-secret", None),
    ("POST", "/test", None),
    ("GET", "/deliveries", None),
    ("POST", "/replay", {"delivery_id": 1}),
    ("POST", "/replay", {"since": "2026-03-02T11:00:00Z"}),
]
WITHOUT_ID = [("GET", None, None), ("POST", None, {"url": NOWHERE, "events": ["stamp.added"]})]


@pytest.mark.parametrize(("method", "verb", "body"), VERBS)
async def test_another_business_s_endpoint_is_not_found_and_stays_as_it_is(
    api: Api, till: Till, method: str, verb: str, body: Json | None
) -> None:
    theirs = await register(await api.open_till("Next door"))
    own = await register(till)
    before = await api.dump()
    for number in (theirs["id"], own["id"] + 1_000):
        refused(await till.ask(method, f"/webhooks/{number}{verb}", body), 404, "webhook_not_found")
    assert await api.dump() == before


@pytest.mark.parametrize(("method", "verb", "body"), [*VERBS, *WITHOUT_ID])
async def test_a_key_needs_the_scope_to_read_or_to_write_webhooks(
    api: Api, till: Till, method: str, verb: str | None, body: Json | None
) -> None:
    webhook = await register(till)
    path = "/webhooks" if verb is None else f"/webhooks/{webhook['id']}{verb}"
    needed = Scope.WEBHOOKS_READ if method == "GET" else Scope.WEBHOOKS_WRITE
    others = await api.another_till(till.business, [scope for scope in Scope if scope != needed])
    refused(await others.ask(method, path, body), 403, "scope_required")
    allowed = await api.another_till(till.business, [needed])
    assert (await allowed.ask(method, path, body)).status_code in {200, 201, 400}
