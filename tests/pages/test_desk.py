"""The owner's desk over HTTP: who may see and do what, and that what is done there is done as everywhere else."""

import csv
import re
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest

from api.pages.desk.sections import SECTIONS
from api.pages.page_words import PageName, words_of
from api.pages.static_files import version
from loyalty_app.moving import departures
from loyalty_app.shops.staff import list_staff, remove_staff
from loyalty_app.shops.workplaces import add_branch
from loyalty_core.access import Role
from loyalty_core.stamping import StampOrder
from testkit.half_deleted import begin_deleting
from tests.browser import Tab
from tests.pages.desk_page import desk_of, texts
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

NASTY = '<b onclick="x">"&\'</b>'


def tile(page: str, label: str) -> str:
    return str(re.findall(rf"<dt>{label}</dt><dd>([^<]*)</dd>", page)[0])


async def test_managers_see_what_they_see_in_the_chat_and_owners_the_program_too(place: Place) -> None:
    for role, programs in ((Role.MANAGER, 403), (Role.OWNER, 200)):
        desk = await desk_of(place, role)
        page = (await desk.get("figures")).text
        seen = [section.path for section in SECTIONS if f"/{section.path}" in page]
        assert seen == [section.path for section in SECTIONS if role is Role.OWNER or section.role is Role.MANAGER]
        assert (await desk.get("programs")).status_code == programs
        number = desk.shop.business.id
        assert (await desk.send(f"programs/{number}", {"key": "k" * 20})).status_code == programs


async def test_staff_strangers_and_people_of_other_shops_have_no_desk(place: Place) -> None:
    staff, owner = await desk_of(place, Role.STAFF), await desk_of(place)
    for section in SECTIONS:
        assert (await staff.get(section.path)).status_code == 403
        elsewhere = await owner.client.get(f"{staff.path}/{section.path}")
        assert (elsewhere.status_code, "You are not on the staff of this shop." in elsewhere.text) == (403, True)
    lena = await staff.shop.join()
    answer = await owner.client.post(f"{staff.path}/customers/{lena.id}/erase", data={"key": "k" * 20, "sure": "yes"})
    assert answer.status_code == 403
    assert (await owner.get(f"customers/{lena.id}")).status_code == 404
    assert (await staff.client.get("shop")).status_code == 200


async def test_somebody_who_is_removed_is_out_at_the_next_page(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    assert (await desk.get("ledger")).status_code == 200
    [mira] = await list_staff(desk.shop.database, desk.shop.business.id)
    await remove_staff(desk.shop.database, desk.shop.business.id, mira.staff_id, now=desk.shop.clock.now)
    assert (await desk.get("ledger")).status_code == 403


async def test_the_desk_and_the_scanner_of_a_shop_that_has_moved_say_where_it_is(place: Place) -> None:
    desk = await desk_of(place)
    shop, scan = desk.shop, {"code": (await desk.shop.join()).qr_code}
    await departures.hold(shop.database, [shop.business.id])
    assert (await desk.get("ledger")).status_code == 200
    await departures.close_shops(shop.database, [shop.business.id], place="https://two.example.com", now=shop.clock.now)
    page = await desk.get("ledger")
    key = {"Idempotency-Key": uuid4().hex}
    scanned = await desk.client.post(f"api/scan/{shop.business.id}/stamps", json=scan, headers=key)
    assert (page.status_code, "This shop has moved: https://two.example.com." in page.text) == (410, True)
    assert (scanned.status_code, scanned.json()["code"]) == (410, "shop_moved")
    assert "This shop has moved: https://two.example.com." in scanned.json()["detail"]


async def test_the_desk_and_the_scanner_of_a_shop_that_is_being_deleted_say_so(place: Place) -> None:
    desk = await desk_of(place)
    shop, scan = desk.shop, {"code": (await desk.shop.join()).qr_code}
    await begin_deleting(shop.database, shop.business.id)
    page, key = await desk.get("ledger"), {"Idempotency-Key": uuid4().hex}
    scanned = await desk.client.post(f"api/scan/{shop.business.id}/stamps", json=scan, headers=key)
    said = "This shop is no longer here. Its cards are being deleted."
    assert (page.status_code, said in page.text) == (410, True)
    assert (scanned.status_code, scanned.json()["code"], scanned.json()["detail"]) == (410, "shop_closed", said)


async def test_who_is_not_signed_in_sees_nothing_of_a_shop_and_how_to_go_on(place: Place) -> None:
    desk = await desk_of(place)
    async with place.client() as client:
        for path in ("shop", f"{desk.path}/customers", f"{desk.path}/figures.csv"):
            answer = await client.get(path)
            assert (answer.status_code, desk.shop.business.name in answer.text) == (200, False)
            assert 'data-desk="closed"' in answer.text


async def test_who_has_one_shop_is_led_to_it_and_who_has_several_chooses(place: Place) -> None:
    shop, other = await place.town.open_shop(), await place.town.open_shop()
    mira = await place.town.hire(shop, "Mira", Role.OWNER)
    client = await place.signed_in(mira)
    only = await client.get("shop")
    assert (only.status_code, only.headers["location"].endswith(f"/shop/{shop.business.id}/figures")) == (303, True)
    await place.town.employ(other, mira, Role.MANAGER)
    assert f"/shop/{other.business.id}/figures" in (await client.get("shop")).text
    assert f"/shop/{other.business.id}/figures" in (await client.get(f"{place.url}{only.headers['location']}")).text


async def test_figures_are_those_of_the_chat_with_a_table_and_a_sheet_by_branch_too(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    shop = desk.shop
    branch = await add_branch(shop.database, shop.business.id, name="=Old Town", now=shop.clock.now)
    shop.clock.now = place.town.clock()
    lena = await shop.join()
    await shop.counter.give_stamp(shop.caller(), lena.id, StampOrder(stamps=3, branch_id=branch.id))
    for days in (1, 7, 30, 365):
        page = (await desk.get("figures", days=days)).text
        assert [tile(page, label) for label in ("Visits", "Stamps", "New customers")] == ["1", "3", "1"]
        assert (page.count("<svg"), "=Old Town" in page) == (2, True)
        sheet = list(csv.DictReader(StringIO((await desk.get("figures.csv", days=days)).text)))
        assert (len(sheet), sum(int(row["visits"]) for row in sheet)) == ({1: 7}.get(days, days), 1)
    branches = await desk.get("branches.csv")
    assert list(csv.reader(StringIO(branches.text))) == [["branch", "visits", "stamps"], ["'=Old Town", "1", "3"]]
    assert branches.headers["content-disposition"].startswith("attachment; ")
    assert (await desk.get("figures", days="x")).status_code == 200


async def test_the_ledger_tells_who_did_what_and_an_undo_is_done_once(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    lena = await desk.shop.join("Lena")
    entry = (await desk.shop.stamp(lena.id, 2)).transaction_id
    assert {"Lena", "2 stamps", "Key"} <= set(re.findall(r"Lena|2 stamps|Key", texts((await desk.get("ledger")).text)))
    form = await desk.form("ledger", f"ledger/{entry}/undo")
    first = await desk.send(f"ledger/{entry}/undo", form, reason="wrong card")
    again = await desk.send(f"ledger/{entry}/undo", form, reason="wrong card")
    assert [(one.status_code, "That is undone." in one.text) for one in (first, again)] == [(200, True)] * 2
    assert (await desk.shop.customer(lena.id)).card.current_stamps == 0
    [undo] = [one for one in await desk.shop.ledger() if one.voids == entry]
    assert (undo.actor.name, undo.reason) == ("Mira", "wrong card")
    late = await desk.send(f"ledger/{entry}/undo", {"key": "another-key-of-a-form"})
    assert (late.status_code, "That was already undone." in late.text) == (409, True)
    assert len(await desk.shop.ledger()) == 2


async def test_the_ledger_is_filtered_and_a_wrong_day_is_said_beside_its_field(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    lena = await desk.shop.join("Lena", opening_stamps=10)
    await desk.shop.stamp(lena.id, 4)
    await desk.shop.redeem(lena.id)
    only = texts((await desk.get("ledger", type="redeem")).text)
    assert ("handed out: A coffee" in only, "4 stamps" in only) == (True, False)
    [mira] = await list_staff(desk.shop.database, desk.shop.business.id)
    assert "There is nothing here." in (await desk.get("ledger", who=mira.staff_id)).text
    wrong = await desk.get("ledger", **{"from": "2026-02-31"})
    assert 'id="fault-from"' in wrong.text
    assert "4 stamps" in texts(wrong.text)
    assert "4 stamps" not in texts((await desk.get("ledger", to="2020-01-01")).text)


async def test_lists_go_on_by_cursor_to_their_end(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    names = [f"Lena {number:03}" for number in range(120)]
    for name in names:
        await desk.shop.join(name)
    seen, address = [], f"/app/{place.bot_id}/{desk.path}/customers"
    while address:
        page = (await desk.client.get(f"{place.url}{address}")).text
        seen += re.findall(r"Lena \d{3}", page)
        more = re.search(r'href="([^"]*cursor=[^"]*)"', page)
        address = more[1].replace("&amp;", "&") if more else ""
    assert seen == names
    assert (await desk.get("customers", cursor="nonsense")).status_code == 400


async def test_customers_are_found_and_names_cannot_become_markup(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    nasty, lena = await desk.shop.join(NASTY, phone="+14155550123"), await desk.shop.join("लेना")
    for text in ("0123", "लेना"):
        found = await desk.get("customers", q=text)
        assert (f"customers/{lena.id}" in found.text) == (text == "लेना")
    card = await desk.client.get(f"{desk.path}/customers", params={"q": nasty.qr_code}, follow_redirects=True)
    assert nasty.qr_code in card.text
    for page in (card.text, (await desk.get("customers")).text, (await desk.get("customers", q=NASTY)).text):
        assert "<b onclick" not in page
    assert "Nobody was found." in (await desk.get("customers", q="zzz")).text


async def test_a_card_is_stamped_and_a_reward_handed_out_once_however_often_a_form_is_sent(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    lena = await desk.shop.join("Lena")
    page = f"customers/{lena.id}"
    form = await desk.form(page, f"{page}/stamp")
    for _ in range(2):
        assert "The stamps are given." in (await desk.send(f"{page}/stamp", form, stamps="10")).text
    other = await desk.send(f"{page}/stamp", form, stamps="3")
    assert (other.status_code, "This form was sent before" in other.text) == (422, True)
    [reward] = await desk.shop.rewards()
    form = await desk.form(page, f"{page}/redeem")
    for _ in range(2):
        assert "The reward is handed out." in (await desk.send(f"{page}/redeem", form)).text
    entries = await desk.shop.ledger()
    assert [(one.type, one.stamps, one.reward_id) for one in entries] == [("stamp", 10, None), ("redeem", 0, reward.id)]
    assert {one.actor.name for one in entries} == {"Mira"}


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("name", "", "Please write a name"),
        ("phone", "12", "Please write a whole phone number"),
        ("phone", "+14155550123", "Another card of this shop has that phone number."),
        ("email", "no", "Please write an e-mail address"),
        ("birthday", "2999-01-01", "Please write a day that is not in the future"),
        ("birthday", "soon", "Please write a day that is not in the future"),
    ],
)
async def test_a_wrong_profile_is_said_beside_its_field_and_nothing_is_changed(
    place: Place, field: str, text: str, said: str
) -> None:
    desk = await desk_of(place, Role.MANAGER)
    lena, _ = await desk.shop.join("Lena", phone="+14155550100"), await desk.shop.join("Tom", phone="+14155550123")
    page = f"customers/{lena.id}"
    answer = await desk.send(f"{page}/profile", await desk.form(page, f"{page}/profile"), **{field: text})
    assert answer.status_code in {400, 409}
    assert re.search(rf'id="fault-{field}">{said}', answer.text)
    assert f'name="{field}" value="{text}"' in answer.text, "what was typed stays"
    after = await desk.shop.customer(lena.id)
    assert (after.name, after.phone, after.email, after.birthday, after.version) == (
        "Lena",
        "+14155550100",
        None,
        None,
        lena.version,
    )


async def test_a_profile_is_changed_where_the_form_was_touched_and_stays_where_somebody_else_changed_it(
    place: Place,
) -> None:
    desk = await desk_of(place, Role.MANAGER)
    lena = await desk.shop.join("Lena", phone="+14155550100")
    page = f"customers/{lena.id}"
    form = await desk.form(page, f"{page}/profile")
    await desk.shop.update(lena.id, name="Lena B.")
    assert "Saved." in (await desk.send(f"{page}/profile", form, phone="", birthday="1990-05-17")).text
    after = await desk.shop.customer(lena.id)
    assert (after.name, after.phone, str(after.birthday)) == ("Lena B.", None, "1990-05-17")
    assert (
        "Nothing was different" in (await desk.send(f"{page}/profile", await desk.form(page, f"{page}/profile"))).text
    )


async def test_a_customer_is_erased_only_after_a_tick(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    lena = await desk.shop.join("Lena")
    await desk.shop.stamp(lena.id)
    page = f"customers/{lena.id}"
    form = await desk.form(page, f"{page}/erase")
    answer = await desk.send(f"{page}/erase", form)
    assert (answer.status_code, "Please tick that you are sure." in answer.text) == (400, True)
    assert "are erased" in (await desk.send(f"{page}/erase", form, sure="yes")).text
    assert (await desk.get(page)).status_code == 404
    assert ("deleted card" in texts((await desk.get("ledger")).text), "Lena" in (await desk.get("ledger")).text) == (
        True,
        False,
    )


async def test_what_is_owed_is_listed_the_oldest_first_with_whose_it_is(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    for name in ("Lena", "Omar", "Tom"):
        await desk.shop.join(name, opening_stamps=10)
    tom = (await desk.shop.customers())[-1]
    await desk.shop.redeem(tom.id)
    owed, redeemed = [(await desk.get("rewards", **query)).text for query in ({}, {"status": "redeemed"})]
    assert re.findall(r">(Lena|Omar|Tom)<", owed) == ["Lena", "Omar"]
    assert re.findall(r">(Lena|Omar|Tom)<", redeemed) == ["Tom"]
    assert ("Open (2)" in owed, "Handed out (1)" in owed) == (True, True)


async def test_an_owner_sees_what_is_worth_a_look_by_kind_and_undoes_it_there(place: Place) -> None:
    desk = await desk_of(place)
    assert "Nothing was flagged." in (await desk.get("flags")).text
    lena = await desk.shop.join()
    for _ in range(5):
        await desk.shop.stamp(lena.id)
    page = (await desk.get("flags")).text
    fifth = (await desk.shop.ledger())[-1].id
    assert "<h2>Many visits of one card in a day</h2>" in page
    assert page.count(f"ledger/{fifth}/undo") == 1
    await desk.shop.void(fifth)
    after = (await desk.get("flags")).text
    assert ("Many visits of one card in a day" in after, f"ledger/{fifth}/undo" in after) == (True, False)


async def test_what_is_owed_is_summed_up_by_age_by_branch_and_in_money(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    shop = desk.shop.business.id
    harbour = await add_branch(desk.shop.database, shop, name="Harbour <1>", now=desk.shop.clock.now)
    await desk.shop.change(reward_cost=250, currency="EUR")
    for branch in (harbour.id, None, None):
        await desk.shop.stamp((await desk.shop.join()).id, 10, branch_id=branch)
    await desk.shop.redeem((await desk.shop.customers())[-1].id)
    first, others = (await desk.get("rewards")).text, (await desk.get("rewards", status="redeemed")).text
    for line in (
        "In money: €5.00",
        "By age: 2 up to 7 days",
        "Harbour &lt;1&gt;: 1 and at no branch: 1",
        "33% of what",
    ):
        assert line in first
        assert line not in others


async def test_who_signs_out_is_out(place: Place) -> None:
    desk = await desk_of(place)
    page = (await desk.get("figures")).text
    assert f'action="/app/{place.bot_id}/shop/out"' in page
    out = await desk.client.post("shop/out")
    assert (out.status_code, "You are signed out." in out.text) == (200, True)
    assert f"loyalty-{place.bot_id}=" in out.headers["set-cookie"]
    assert (await desk.get("figures")).status_code == 401


async def test_a_refusal_names_times_by_the_clock_of_the_shop(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER, timezone="Asia/Kathmandu")
    desk.shop.clock.now = place.town.clock()
    await desk.shop.change(cooldown_seconds=3600)
    lena = await desk.shop.join()
    await desk.shop.stamp(lena.id)
    page = f"customers/{lena.id}"
    refused = await desk.send(f"{page}/stamp", await desk.form(page, f"{page}/stamp"))
    at = (desk.shop.clock.now + timedelta(hours=1)).astimezone(desk.shop.business.zone)
    assert refused.status_code == 409
    assert re.search(rf"next stamp at [^.]*{at:%M}", refused.text), f"{at:%M} differs from UTC by a quarter of an hour"


async def test_a_form_without_its_key_or_from_another_site_does_nothing(place: Place) -> None:
    desk = await desk_of(place)
    lena = await desk.shop.join()
    path = f"customers/{lena.id}"
    bare = await desk.send(f"{path}/stamp", {"stamps": "1"})
    foreign = await desk.client.post(
        f"{desk.path}/{path}/stamp", data={"stamps": "1", "key": "k" * 20}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert (bare.status_code, foreign.status_code) == (400, 403)
    assert await desk.shop.ledger() == []


async def test_days_and_times_are_those_of_the_shop(place: Place) -> None:
    soon_midnight = place.town.clock().hour == 9  # on Kiritimati; then it is late in the evening before on Pago Pago
    desk = await desk_of(place, Role.MANAGER, timezone=f"Pacific/{'Pago_Pago' if soon_midnight else 'Kiritimati'}")
    desk.shop.clock.now = place.town.clock()
    lena = await desk.shop.join()
    await desk.shop.stamp(lena.id)
    today = place.town.clock().astimezone(desk.shop.business.zone).date()
    assert "1 stamp" in texts((await desk.get("ledger", **{"from": str(today), "to": str(today)})).text)
    [*_, last] = csv.DictReader(StringIO((await desk.get("figures.csv", days=7)).text))
    assert (last["date"], last["visits"]) == (str(today), "1")


@pytest.mark.parametrize("language", ["ar", "de", "hi"])
async def test_the_desk_speaks_the_language_of_its_reader(place: Place, language: str) -> None:
    desk = await desk_of(place, language=language)
    for section in SECTIONS:
        page = (await desk.get(section.path)).text
        assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in page
        assert f">{words_of(PageName.DESK, language).plain(section.label)}<" in page


async def test_in_telegram_the_desk_is_fetched_with_the_session_and_an_entry_is_undone(
    place: Place, phone: Tab
) -> None:
    desk = await desk_of(place)
    lena = await desk.shop.join("Lena")
    await desk.shop.stamp(lena.id, 3)
    page = phone.page
    await place.open(phone, "shop", desk.person)
    await page.get_by_role("heading", name="Figures", exact=True).wait_for()
    await page.get_by_role("link", name="Ledger", exact=True).click()
    await page.get_by_role("heading", name="Ledger", exact=True).wait_for()
    await page.locator(".lines .undo summary").click()
    await page.get_by_role("button", name="Undo it now").click()
    await page.get_by_text("That is undone.").wait_for()
    assert (await desk.shop.customer(lena.id)).card.current_stamps == 0
    await page.get_by_role("link", name="Lena").first.click()
    await page.get_by_role("heading", name="Lena").wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert phone.problems == []


async def test_a_desk_older_than_the_server_keeps_what_is_typed_and_loads_itself_again_once_it_is_saved(
    place: Place, phone: Tab
) -> None:
    desk = await desk_of(place)
    page = phone.page
    await place.open(phone, f"{desk.path}/programs/{desk.shop.business.id}", desk.person)
    field = page.locator("#field-stamps_required")
    await field.fill("0")
    await page.evaluate("document.documentElement.dataset.version = '0000'")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_text("Please write a whole number from 1 to 100.").wait_for()
    assert await field.input_value() == "0"
    await field.fill("12")
    await page.get_by_role("button", name="Save").click()
    await page.locator(f'html[data-version="{version()}"]').wait_for()
    await page.get_by_text("Saved.").wait_for()
    assert (await desk.shop.program()).terms.stamps_required == 12
