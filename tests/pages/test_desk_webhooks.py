"""Webhooks at the desk: registered, changed, renewed and deleted; what was sent, a test, and sending again."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import Connection, update

from loyalty_app.db import tables
from loyalty_app.pagination import PageRequest
from loyalty_app.webhooks.delivery_log import DeliveryView, list_deliveries
from loyalty_app.webhooks.endpoints import WebhookView, list_webhooks
from loyalty_app.webhooks.pausing import pause, resume
from loyalty_core.access import Role
from loyalty_core.events import EVENT_TYPES
from tests.pages.desk_page import DeskPage, desk_of, texts
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

URL = "https://93.184.215.14/hook"


def secret_in(page: str) -> str:
    return str(re.findall(r">(whsec_[^<]+)<", page)[0])


async def webhooks(desk: DeskPage) -> list[WebhookView]:
    wanted = PageRequest(limit=20)
    return list((await desk.shop.database.read(lambda c: list_webhooks(c, desk.shop.business.id, wanted=wanted))).data)


async def sent(desk: DeskPage, webhook: int) -> list[DeliveryView]:
    shop, wanted = desk.shop.business.id, PageRequest(limit=100)
    return list((await desk.shop.database.read(lambda c: list_deliveries(c, shop, webhook, wanted=wanted))).data)


async def registered(desk: DeskPage, *events: str) -> WebhookView:
    ticked: dict[str, str] = dict.fromkeys(events or ("stamp.added",), "yes")
    answer = await desk.send("webhooks", {**await desk.form("webhooks", "webhooks"), **ticked}, url=URL)
    assert answer.status_code == 200, texts(answer.text)
    return (await webhooks(desk))[-1]


async def end_all(desk: DeskPage, status: str, http_status: int = 503) -> None:
    """As a worker leaves all deliveries that wait."""
    shop, now = desk.shop.business.id, desk.shop.clock.now
    waiting = [row for row in await desk.shop.rows(tables.delivery) if row.status == "queued"]
    rows = [
        {
            "business_id": shop,
            "delivery_id": row.id,
            "number": 1,
            "endpoint_id": row.endpoint_id,
            "at": now,
            "milliseconds": 41,
            "http_status": http_status,
            "response": b"<b>too busy</b>",
        }
        for row in waiting
        if row.business_id == shop
    ]
    ended = update(tables.delivery).where(tables.delivery.c.business_id == shop, tables.delivery.c.status == "queued")

    def work(connection: Connection) -> None:
        desk.shop.database.insert(connection, tables.attempt, rows)
        connection.execute(ended.values(status=status, next_at=None)).close()

    await desk.shop.database.write(work)


async def test_a_webhook_is_registered_once_and_its_secret_shown_once(place: Place) -> None:
    desk = await desk_of(place)
    form = {**await desk.form("webhooks", "webhooks"), "url": URL, "stamp.added": "yes", "reward.redeemed": "yes"}
    first, again = await desk.send("webhooks", form), await desk.send("webhooks", form)
    secret = secret_in(first.text)
    assert (again.status_code, "its secret is not shown again" in again.text) == (422, True)
    [webhook] = await webhooks(desk)
    assert (webhook.url, webhook.events) == (URL, ("stamp.added", "reward.redeemed"))
    assert secret.endswith(webhook.secret_hint)
    pages = [again.text, *[(await desk.get(path)).text for path in ("webhooks", f"webhooks/{webhook.id}")]]
    assert [secret in page for page in pages] == [False] * 3
    assert all(URL in page for page in pages)


async def test_every_event_of_the_api_can_be_ticked(place: Place) -> None:
    page = (await (await desk_of(place)).get("webhooks")).text
    assert re.findall(r'name="([a-z.]+)" value="yes"', page) == list(EVENT_TYPES)


@pytest.mark.parametrize(
    ("url", "events", "field"),
    [
        ("http://93.184.215.14/hook", ["stamp.added"], "url"),
        ("https://127.0.0.1/hook", ["stamp.added"], "url"),
        ("hook", ["stamp.added"], "url"),
        ("", ["stamp.added"], "url"),
        (URL, [], "events"),
    ],
)
async def test_a_wrong_webhook_is_said_beside_its_field_and_what_was_typed_stays(
    place: Place, url: str, events: list[str], field: str
) -> None:
    desk = await desk_of(place)
    ticked: dict[str, str] = dict.fromkeys(events, "yes")
    answer = await desk.send("webhooks", {**await desk.form("webhooks", "webhooks"), **ticked}, url=url)
    assert (answer.status_code, f'id="fault-{field}"' in answer.text) == (400, True)
    assert f'name="url" value="{url}"' in answer.text
    assert re.findall(r'name="([a-z.]+)" value="yes" checked', answer.text) == events
    assert await webhooks(desk) == []


async def test_a_webhook_is_changed_where_the_form_was_touched(place: Place) -> None:
    desk = await desk_of(place)
    webhook = await registered(desk)
    page, path = f"webhooks/{webhook.id}", f"webhooks/{webhook.id}/change"
    untouched = {**await desk.form(page, path), "stamp.added": "yes", "active": "yes"}
    assert "Nothing was different" in (await desk.send(path, untouched)).text
    both = {**await desk.form(page, path), "reward.earned": "yes", "active": "yes"}
    assert "Saved." in (await desk.send(path, both, **{"stamp.added": "yes"})).text
    late = {**untouched, "key": "k" * 20}
    del late["active"]
    for _ in range(2):
        assert "Saved." in (await desk.send(path, late, url=f"{URL}/2")).text
    [after] = await webhooks(desk)
    assert (after.url, after.events, after.active) == (f"{URL}/2", ("stamp.added", "reward.earned"), False)
    assert "Switched off. What was queued waits." in (await desk.get("webhooks")).text
    wrong = await desk.send(path, {**await desk.form(page, path), "key": "j" * 20}, url="http://10.0.0.1/")
    assert (wrong.status_code, 'id="fault-url"' in wrong.text) == (400, True)
    assert 'name="url" value="http://10.0.0.1/"' in wrong.text


async def test_a_secret_is_renewed_once_and_shown_once(place: Place) -> None:
    desk = await desk_of(place)
    webhook = await registered(desk)
    path = f"webhooks/{webhook.id}/rotate"
    form = await desk.form(f"webhooks/{webhook.id}", path)
    first, again = await desk.send(path, form), await desk.send(path, form)
    [after] = await webhooks(desk)
    assert secret_in(first.text).endswith(after.secret_hint)
    assert (again.status_code, "is not shown again" in again.text, "whsec_" in again.text) == (422, True, False)


async def test_a_test_is_sent_once_and_its_attempts_are_listed_with_their_answers(place: Place) -> None:
    desk = await desk_of(place)
    webhook = await registered(desk)
    page, path = f"webhooks/{webhook.id}", f"webhooks/{webhook.id}/test"
    form = await desk.form(page, path)
    for _ in range(2):
        assert "A test is on its way." in (await desk.send(path, form)).text
    [waiting] = await sent(desk, webhook.id)
    assert "webhook.test waits" in texts((await desk.get(page)).text)
    await end_all(desk, "failed")
    listed = (await desk.get(page)).text
    assert (waiting.event_id in listed, "<b>too busy" in listed, "&lt;b&gt;too busy" in listed) == (True, False, True)
    assert re.search(r"webhook\.test failed .*answered with 503 · 41 ms", texts(listed))


async def test_one_or_all_that_failed_are_sent_again_and_what_was_delivered_is_not(place: Place) -> None:
    desk = await desk_of(place)
    webhook = await registered(desk)
    path = f"webhooks/{webhook.id}/replay"
    desk.shop.clock.now = place.town.clock()
    lena = await desk.shop.join()
    await desk.shop.stamp(lena.id)
    await end_all(desk, "delivered", 200)
    for _ in range(2):
        await desk.shop.stamp(lena.id)
    await end_all(desk, "failed")
    [newest, older, delivered] = await sent(desk, webhook.id)
    one = await desk.send(path, {"key": "a" * 20, "delivery_id": str(newest.id)})
    assert "It is sent again." in one.text
    waiting = (await sent(desk, webhook.id))[0]
    assert (waiting.event_id, waiting.status) == (newest.event_id, "queued")
    refused = await desk.send(path, {"key": "b" * 20, "delivery_id": str(waiting.id)})
    assert (refused.status_code, 'id="fault-delivery_id"' in refused.text) == (400, True)
    rest = {"key": "c" * 20}
    for _ in range(2):
        assert "It is sent again." in (await desk.send(path, rest)).text
    again = [each.event_id for each in await sent(desk, webhook.id) if each.status == "queued"]
    assert sorted(again) == sorted([older.event_id, newest.event_id])
    assert "nothing left to send again" in (await desk.send(path, {"key": "d" * 20})).text
    assert (await desk.send(path, {"key": "e" * 20, "delivery_id": "x"})).status_code == 400
    assert delivered.status == "delivered"


async def test_health_and_pause_are_said(place: Place) -> None:
    desk = await desk_of(place)
    webhook = await registered(desk)
    shop, database, page = desk.shop.business.id, desk.shop.database, f"webhooks/{webhook.id}"
    own = update(tables.webhook_endpoint).where(tables.webhook_endpoint.c.business_id == shop)
    since = place.town.clock() - timedelta(days=2)
    await database.write(lambda c: c.execute(own.values(failing_since=since)).close())
    for path in ("webhooks", page):
        assert "If it goes on failing for five days" in (await desk.get(path)).text
    await database.write(lambda c: c.execute(own.values(active=False)).close())
    assert "Switched off, because it failed." in (await desk.get(page)).text
    await pause(database, shop, now=place.town.clock())
    assert "All deliveries of this shop are paused" in (await desk.get("webhooks")).text
    await resume(database, shop)
    change = {**await desk.form(page, f"{page}/change"), "stamp.added": "yes", "active": "yes"}
    assert "Switched on." in texts((await desk.send(f"{page}/change", change)).text)


async def test_a_webhook_is_deleted_after_a_tick_and_then_it_is_none(place: Place) -> None:
    desk = await desk_of(place)
    webhook = await registered(desk)
    path = f"webhooks/{webhook.id}/delete"
    form = await desk.form(f"webhooks/{webhook.id}", path)
    bare = await desk.send(path, form)
    assert (bare.status_code, "Please tick that you are sure." in bare.text) == (400, True)
    for _ in range(2):
        assert "The webhook is deleted." in (await desk.send(path, form, sure="yes")).text
    assert await webhooks(desk) == []
    for act in ("", "/change", "/delete", "/rotate", "/test", "/replay"):
        address, key = f"webhooks/{webhook.id}{act}", {"key": "z" * 20, "sure": "yes", "url": URL}
        gone = await (desk.send(address, key) if act else desk.get(address))
        assert (gone.status_code, "There is no such webhook in this shop." in gone.text) == (404, True), act


async def test_managers_and_other_shops_reach_no_webhook_and_a_form_needs_its_key(place: Place) -> None:
    manager, owner, other = await desk_of(place, Role.MANAGER), await desk_of(place), await desk_of(place)
    webhook = await registered(owner)
    key = {"key": "k" * 20, "url": URL, "stamp.added": "yes", "sure": "yes"}
    assert [(await manager.get("webhooks")).status_code, (await manager.send("webhooks", key)).status_code] == [
        403,
        403,
    ]
    for act in ("change", "delete", "rotate", "test", "replay"):
        path = f"webhooks/{webhook.id}/{act}"
        assert (await other.send(path, key)).status_code == 404
        keyless = await owner.send(path, {name: value for name, value in key.items() if name != "key"})
        assert (keyless.status_code, 'role="alert"' in keyless.text) == (400, True)
    assert await webhooks(owner) == [webhook]


async def test_a_shop_has_twenty_webhooks_at_most_and_is_told_so(place: Place) -> None:
    desk = await desk_of(place)
    for _ in range(20):
        await registered(desk)
    answer = await desk.send("webhooks", {"key": "k" * 20, "url": URL, "stamp.added": "yes"})
    assert (answer.status_code, "20 webhooks at most" in answer.text) == (409, True)
