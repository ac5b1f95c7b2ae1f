"""A desk with several programs over HTTP: which one each list is about, filters by it, and stamps that were a gift."""

import csv
import re
from io import StringIO

import pytest

from loyalty_core.access import Role
from loyalty_core.bonus_hours import BonusHours
from tests.pages.desk_page import DeskPage, desk_of, texts
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALWAYS = BonusHours(weekdays=(1, 2, 3, 4, 5, 6, 7), begin="00:00", end="24:00", factor=2)


async def with_salad(place: Place) -> tuple[DeskPage, int, int]:
    """The desk of a shop with a second program, its number, and a customer with stamps on both cards."""
    desk = await desk_of(place, Role.MANAGER)
    desk.shop.clock.now = place.town.clock()
    salad = await desk.shop.make_program("Salad <1>")
    lena = await desk.shop.join("Lena")
    await desk.shop.stamp(lena.id, 3)
    await desk.shop.stamp(lena.id, 10, program_id=salad)
    return desk, salad, lena.id


async def test_a_customer_has_all_cards_and_each_is_stamped_by_its_program(place: Place) -> None:
    desk, salad, lena = await with_salad(place)
    page = f"customers/{lena}"
    shown = (await desk.get(page)).text
    assert "Salad &lt;1&gt;" in shown
    assert re.search(
        r"3 of 10 stamps.*1 visit.*7 stamps more for: A coffee.*0 of 10 stamps.*1 open reward", texts(shown)
    )
    form = await desk.form(page, f"{page}/stamp")
    assert form["program_id"] == str(desk.shop.business.id), "the main one stands first"
    assert "The stamps are given." in (await desk.send(f"{page}/stamp", form, stamps="2", program_id=str(salad))).text
    cards = (await desk.shop.customer(lena)).cards
    assert [(card.program_id, card.card.current_stamps) for card in cards] == [(None, 3), (salad, 2)]
    await desk.shop.programs_deed(archive=salad)
    refused = await desk.send(f"{page}/stamp", {**form, "key": "k" * 20, "program_id": str(salad)})
    assert (refused.status_code, "This card takes no new stamps any more." in refused.text) == (409, True)
    after = (await desk.get(page)).text
    assert ('name="program_id"' in after, "Salad &lt;1&gt;" in after) == (False, True)
    for wrong in ("many", "999999"):
        assert (await desk.send(f"{page}/stamp", {**form, "key": "k" * 20, "program_id": wrong})).status_code in {
            400,
            404,
        }


async def test_lists_name_the_program_and_are_filtered_by_it(place: Place) -> None:
    desk, salad, _ = await with_salad(place)
    main = desk.shop.business.id
    assert re.search(
        r"3 of 10 stamps.*Salad &lt;1&gt; :.*0 of 10 stamps · 1 open reward", texts((await desk.get("customers")).text)
    )
    ledger = {number: texts((await desk.get("ledger", program=number)).text) for number in (main, salad, "x")}
    assert [("3 stamps" in text, "10 stamps" in text) for text in ledger.values()] == [
        (True, False),
        (False, True),
        (True, True),
    ]
    rewards = {number: texts((await desk.get("rewards", program=number)).text) for number in (main, salad, "x")}
    assert ["A salad" in text for text in rewards.values()] == [False, True, True]
    assert "By program: " in rewards["x"]
    await desk.shop.redeem((await desk.shop.customers())[0].id)
    redeemed = [(await desk.get("rewards", status="redeemed", program=number)).text for number in (main, salad)]
    assert ["A salad" in text for text in redeemed] == [False, True]


async def test_figures_are_those_of_the_shop_with_a_share_for_each_program_or_of_one(place: Place) -> None:
    desk, salad, _ = await with_salad(place)
    whole, share = [(await desk.get("figures", **query)).text for query in ({}, {"program": salad})]
    assert [re.findall(r"<dt>Stamps</dt><dd>(\d+)", page) for page in (whole, share)] == [["13"], ["10"]]
    assert ("By program" in whole, "By program" in share) == (True, False)
    assert re.search(r"Salad &lt;1&gt;</th><td class=\"number\">1</td><td class=\"number\">10</td>", whole)
    sheet = csv.DictReader(StringIO((await desk.get("figures.csv", days=7, program=salad)).text))
    assert sum(int(row["stamps"]) for row in sheet) == 10
    programs = list(csv.reader(StringIO((await desk.get("programs.csv", days=7, program=salad)).text)))
    assert programs[0][:4] == ["program", "visits", "stamps", "rewards_earned"]
    assert [row[:4] for row in programs[1:]] == [
        [desk.shop.business.name, "1", "3", "0"],
        ["Salad <1>", "1", "10", "1"],
    ]
    assert "programs.csv" in whole
    assert (await desk.get("figures", program=99)).status_code == 200


async def test_a_shop_with_one_program_hears_nothing_of_others(place: Place) -> None:
    desk = await desk_of(place)
    lena = await desk.shop.join("Lena")
    await desk.shop.stamp(lena.id, 2)
    [_, only] = csv.reader(StringIO((await desk.get("programs.csv")).text))
    assert only[:3] == [desk.shop.business.name, "1", "2"]
    for path in ("figures", "ledger", "customers", "rewards", f"customers/{lena.id}"):
        page = (await desk.get(path)).text
        assert ("All programs" in page, "By program" in page, 'name="program_id"' in page) == (False,) * 3


async def test_the_ledger_says_which_stamps_were_a_gift_and_of_what(place: Place) -> None:
    desk = await desk_of(place)
    await desk.shop.change(opening_stamps=2, bonus_hours=(ALWAYS,))
    lena = await desk.shop.join("Lena")
    await desk.shop.stamp(lena.id, 2)
    shown = texts((await desk.get("ledger")).text)
    assert ("4 stamps, 2 of them as a gift: bonus hours" in shown, "2 stamps as a gift: a head start" in shown) == (
        True,
        True,
    )
    assert "4 stamps" not in texts((await desk.get("ledger", type="bonus")).text)
