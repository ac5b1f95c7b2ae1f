"""Merging at the desk over HTTP: the other card is searched, both are seen, they become one, and two again."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from loyalty_app.db import tables
from loyalty_core.access import Role
from tests.pages.desk_page import DeskPage, desk_of, texts
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def two_cards(place: Place) -> tuple[DeskPage, int, int]:
    """A manager's desk, and two customers: Lena with three stamps, and Lena B. with four and a phone number."""
    desk = await desk_of(place, Role.MANAGER)
    desk.shop.clock.now = place.town.clock()
    lena, other = await desk.shop.join("Lena <1>"), await desk.shop.join("Lena B.", phone="+14155550123")
    await desk.shop.stamp(lena.id, 3)
    await desk.shop.stamp(other.id, 4)
    return desk, lena.id, other.id


async def test_two_cards_become_one_once_after_both_were_seen_and_two_again(place: Place) -> None:
    desk, lena, other = await two_cards(place)
    search, both = f"customers/{lena}/merge", f"customers/{lena}/merge/{other}"
    code = (await desk.shop.customer(other)).qr_code
    for text in ("Lena", "555 0123", code):
        found = re.findall(r"/merge/(\d+)", (await desk.get(search, q=text)).text)
        assert found == [str(other)], text
    seen = texts((await desk.get(both)).text)
    assert re.search(r"This card stays.*3 of 10 stamps.*This one becomes part of it.*4 of 10 stamps", seen)
    form = await desk.form(both, both)
    for _ in range(2):
        page = await desk.send(both, form)
        assert ("Both are one card now." in page.text, "7 of 10 stamps" in texts(page.text)) == (True, True)
    assert "Merged with Lena B." in texts((await desk.get(f"customers/{lena}")).text)
    assert (await desk.get(f"customers/{other}")).text.count("7 of 10") == 1, "the other's number leads there"
    apart = f"customers/{lena}/unmerge/{other}"
    form = await desk.form(f"customers/{lena}", apart)
    for _ in range(2):
        page = await desk.send(apart, form)
        assert ("They are two cards again." in page.text, "3 of 10 stamps" in texts(page.text)) == (True, True)
    assert "Separate again" not in (await desk.get(f"customers/{lena}")).text
    assert [one.card.current_stamps for one in await desk.shop.customers()] == [3, 4]


async def test_a_card_is_not_merged_with_itself_nor_with_one_that_is_not_there(place: Place) -> None:
    (desk, lena, other), (_, stranger, _) = await two_cards(place), await two_cards(place)
    itself = await desk.send(f"customers/{lena}/merge/{lena}", {"key": "k" * 20})
    assert (itself.status_code, "A card cannot become one with itself." in itself.text) == (400, True)
    shown = await desk.get(f"customers/{lena}/merge/{lena}")
    assert (shown.status_code, "A card cannot become one with itself." in shown.text) == (400, True)
    assert "Make them one card" not in itself.text + shown.text
    for method in ("merge", "unmerge"):
        assert (await desk.send(f"customers/{lena}/{method}/{stranger}", {"key": "s" * 20})).status_code == 404
    assert (await desk.get(f"customers/{lena}/merge/{stranger}")).status_code == 404
    never = await desk.send(f"customers/{lena}/unmerge/{other}", {"key": "n" * 20})
    assert (never.status_code, "These two cards were not merged." in never.text) == (409, True)
    await desk.shop.merge(lena, other)
    again = await desk.send(f"customers/{lena}/merge/{other}", {"key": "a" * 20})
    assert (again.status_code, "These two are one card already." in again.text) == (409, True)
    assert "No other card was found." in (await desk.get(f"customers/{lena}/merge", q="Lena")).text


async def test_a_merge_is_taken_back_neither_after_30_days_nor_once_the_common_card_has_earned(place: Place) -> None:
    desk, lena, other = await two_cards(place)
    await desk.shop.merge(lena, other)
    await desk.shop.stamp(lena, 3)
    apart, form = f"customers/{lena}/unmerge/{other}", {"key": "k" * 20}
    earned = await desk.send(apart, form)
    assert (earned.status_code, "has earned something since with the stamps of both" in earned.text) == (409, True)
    await desk.shop.void((await desk.shop.ledger())[-1].id)
    before = place.town.clock() - timedelta(days=31)
    own = tables.customer_merge.c.business_id == desk.shop.business.id
    longer_ago = update(tables.customer_merge).where(own).values(merged_at=before)
    await desk.shop.database.write(lambda connection: connection.execute(longer_ago))
    late = await desk.send(apart, {"key": "l" * 20})
    assert (late.status_code, "That was more than 30 days ago." in late.text) == (409, True)
    assert (await desk.shop.customer(lena)).card.current_stamps == 7


async def test_a_merge_that_would_take_back_a_reward_that_was_handed_out_is_refused(place: Place) -> None:
    desk, _, _ = await two_cards(place)
    lena, other = (await desk.shop.join("Lena")).id, (await desk.shop.join("Tom")).id
    await desk.shop.stamp(lena, 9)
    await desk.shop.stamp(other, 10)
    await desk.shop.stamp(lena, 1)
    for one in (lena, other):
        await desk.shop.redeem(one)
    refused = await desk.send(f"customers/{lena}/merge/{other}", {"key": "k" * 20})
    assert (refused.status_code, "a reward that was already handed out" in refused.text) == (409, True)
    assert "Make them one card" in refused.text
    assert len({one.id for one in await desk.shop.customers()}) == 4


async def test_staff_merge_nothing(place: Place) -> None:
    desk = await desk_of(place, Role.STAFF)
    lena, other = await desk.shop.join("Lena"), await desk.shop.join("Tom")
    assert (await desk.get(f"customers/{lena.id}/merge")).status_code == 403
    assert (await desk.send(f"customers/{lena.id}/merge/{other.id}", {"key": "k" * 20})).status_code == 403
