"""Programs at the desk over HTTP: made, changed, archived, chosen, and what is refused, with what was typed."""

import re

import pytest

from loyalty_core.access import Role
from loyalty_core.bonus_hours import BonusHours
from loyalty_core.gifts import BirthdayGift
from loyalty_core.programs import CardCodes
from loyalty_core.steps import Step
from loyalty_core.views import program_number
from tests.pages.desk_page import DeskPage, desk_of, texts
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

WHOLE = {"hours_day_1_1": "yes", "hours_day_1_5": "yes", "hours_from_1": "9", "hours_to_1": "12:30"}
"""A row of bonus hours as it is typed."""


def main(desk: DeskPage) -> str:
    """The page of the program with which the shop began."""
    return f"programs/{desk.shop.business.id}"


async def test_the_address_of_the_one_program_leads_to_the_main_one(place: Place) -> None:
    desk = await desk_of(place)
    salad = await desk.shop.make_program("Salad")
    await desk.shop.programs_deed(promote=salad)
    answer = await desk.get("program")
    assert (answer.status_code, answer.headers["location"].endswith(f"/programs/{salad}")) == (303, True)


async def test_a_program_is_made_once_with_three_answers_and_is_listed(place: Place) -> None:
    desk = await desk_of(place)
    form = await desk.form("programs", "programs")
    assert form["stamps_required"] == "10"
    made = {"title": "🥗 Salad", "stamps_required": "٨", "reward_description": "A salad"}
    for _ in range(2):
        page = await desk.send("programs", form, **made)
        assert (page.status_code, "<h1>🥗 Salad</h1>" in page.text, "The program is there." in page.text) == (
            200,
            True,
            True,
        )
    first = await desk.shop.program()
    [salad] = first.others
    assert (salad.title, salad.terms.stamps_required, salad.terms.reward_description) == ("🥗 Salad", 8, "A salad")
    seen = texts((await desk.get("programs")).text)
    assert re.search(r"main card.*10 stamps make: A coffee.*🥗 Salad.*8 stamps make: A salad", seen)
    other = await desk.send("programs", form, **{**made, "title": "Soup"})
    assert (other.status_code, "This form was sent before" in other.text) == (422, True)


@pytest.mark.parametrize(("field", "text"), [("title", ""), ("stamps_required", "101"), ("reward_description", "")])
async def test_a_new_program_that_cannot_be_is_refused_with_what_was_typed(place: Place, field: str, text: str) -> None:
    desk = await desk_of(place)
    typed = {"title": "Salad", "stamps_required": "7", "reward_description": "A bowl", field: text}
    page = await desk.send("programs", await desk.form("programs", "programs"), **typed)
    assert (page.status_code, f'id="fault-{field}"' in page.text) == (400, True)
    for name, value in typed.items():
        assert f'name="{name}" value="{value}"' in page.text
    assert (await desk.shop.program()).others == ()


async def test_an_eleventh_program_is_refused_and_not_offered(place: Place) -> None:
    desk = await desk_of(place)
    form = await desk.form("programs", "programs")
    for number in range(9):
        await desk.shop.make_program(f"Card {number}")
    page = await desk.send("programs", form, title="Soup", reward_description="A soup")
    assert (page.status_code, "A shop can have 10 cards in use" in page.text) == (409, True)
    assert f'action="/app/{place.bot_id}/{desk.path}/programs"' not in page.text
    assert len((await desk.shop.program()).others) == 9


async def test_steps_and_bonus_hours_and_a_head_start_are_set_in_any_order_and_left_out_again(place: Place) -> None:
    desk = await desk_of(place)
    form = await desk.form(main(desk), main(desk))
    rows = {"step_stamps_1": "8", "step_reward_1": "A cake", "step_stamps_4": "5", "step_reward_4": "A biscuit"}
    page = await desk.send(main(desk), form, **rows, **WHOLE, opening_stamps="2")
    assert "Saved." in page.text
    terms = (await desk.shop.program()).terms
    assert terms.steps == (Step(5, "A biscuit"), Step(8, "A cake"))
    assert terms.bonus_hours == (BonusHours(weekdays=(1, 5), begin="09:00", end="12:30", factor=2),)
    assert terms.opening_stamps == 2
    assert "Head start: 2 stamps" in texts((await desk.get("programs")).text)
    form = await desk.form(main(desk), main(desk))
    assert "Nothing was different" in (await desk.send(main(desk), form, **ticked(page.text))).text
    gone = {**ticked(page.text), "hours_drop_1": "yes", "step_stamps_1": "", "step_reward_1": ""}
    await desk.send(main(desk), form, **gone)
    terms = (await desk.shop.program()).terms
    assert (terms.steps, terms.bonus_hours, terms.opening_stamps) == ((Step(8, "A cake"),), (), 2)


def ticked(page: str) -> dict[str, str]:
    """The boxes that are ticked, as a browser sends them."""
    return dict(re.findall(r'<input type="checkbox" name="([^"]*)" value="([^"]*)" checked', page))


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"step_stamps_1": "10", "step_reward_1": "A cake"}, "steps", "has to lie below a full card"),
        (
            {"step_stamps_1": "5", "step_reward_1": "A", "step_stamps_2": "5", "step_reward_2": "B"},
            "steps",
            "no two may lie at the same",
        ),
        ({"step_stamps_1": "5"}, "steps", "Please give each step"),
        ({"step_stamps_1": "few", "step_reward_1": "A cake"}, "steps", "Please give each step"),
        ({"opening_stamps": "10"}, "opening_stamps", "below the number of stamps that fill"),
        ({"opening_stamps": ""}, "opening_stamps", "0 is no head start"),
        ({"opening_stamps": "3", "stamps_required": "3"}, "opening_stamps", "below the number of stamps that fill"),
        ({**WHOLE, "hours_to_1": "09:00"}, "bonus_hours", "Hours must not be empty"),
        ({**WHOLE, "hours_to_1": "25:00"}, "bonus_hours", "at least one day and two times"),
        ({"hours_from_3": "09:00", "hours_to_3": "10:00"}, "bonus_hours", "at least one day and two times"),
        ({**WHOLE, "hours_factor_1": "0"}, "bonus_hours", "twice or three times"),
        (
            {**WHOLE, "hours_day_2_4": "yes", "hours_from_2": "23:00", "hours_to_2": "09:01"},
            "bonus_hours",
            "no two rows may overlap",
        ),
        ({"reward_cost": "much", "currency": "EUR"}, "reward_cost", "Please write an amount, as 2.50"),
        ({"reward_cost": "2.505", "currency": "EUR"}, "reward_cost", "Please write an amount, as 2.50"),
        ({"reward_cost": "2.50"}, "currency", "the three letters of a currency"),
        ({"reward_cost": "2.50", "currency": "XXX"}, "currency", "the three letters of a currency"),
    ],
)
async def test_what_contradicts_itself_is_said_beside_its_field_with_what_was_typed(
    place: Place, typed: dict[str, str], field: str, said: str
) -> None:
    desk = await desk_of(place)
    before = await desk.shop.program()
    page = await desk.send(main(desk), await desk.form(main(desk), main(desk)), **typed)
    assert page.status_code == 400
    assert re.search(rf'id="fault-{field}">[^<]*{re.escape(said)}', page.text)
    for name, value in typed.items():
        assert "day" in name or "factor" in name or re.search(rf'name="{name}" value="{value}"', page.text), name
    assert ticked(page.text).keys() == {name for name in typed if "day" in name}
    assert await desk.shop.program() == before


async def test_a_goal_below_a_step_or_a_gift_is_refused(place: Place) -> None:
    desk = await desk_of(place)
    for terms in ({"steps": (Step(5, "A cake"),)}, {"steps": (), "birthday": BirthdayGift(stamps=6)}):
        await desk.shop.change(**terms)
        form = await desk.form(main(desk), main(desk))
        page = await desk.send(main(desk), form, stamps_required="5")
        assert re.search(r'id="fault-stamps_required">The goal has to be above the head start', page.text)


async def test_a_form_after_a_refusal_does_not_undo_what_somebody_else_changed_meanwhile(place: Place) -> None:
    desk = await desk_of(place)
    form = await desk.form(main(desk), main(desk))
    await desk.shop.change(steps=(Step(5, "A cake"),), reward_description="Tea")
    page = await desk.send(main(desk), form, stamps_required="0")
    assert page.status_code == 400
    kept = {name: value for name, value in form.items() if name.startswith("was_")}
    for name, value in kept.items():
        assert f'name="{name}" value="{value.replace(chr(34), "&#34;")}"' in page.text, name
    await desk.send(main(desk), form, stamps_required="12")
    terms = (await desk.shop.program()).terms
    assert (terms.stamps_required, terms.reward_description, len(terms.steps)) == (12, "Tea", 1)


async def test_the_cost_of_a_reward_is_set_in_the_usual_unit_and_taken_away_again(place: Place) -> None:
    desk = await desk_of(place)
    for amount, currency, kept in (("2,50", "eur", 250), ("٣٠٠", "JPY", 300), ("", "JPY", None)):
        form = await desk.form(main(desk), main(desk))
        assert "Saved." in (await desk.send(main(desk), form, reward_cost=amount, currency=currency)).text
        terms = (await desk.shop.program()).terms
        assert (terms.reward_cost, terms.currency) == (kept, currency.upper())


async def test_another_program_is_made_the_main_one_and_the_one_before_archived_for_good(place: Place) -> None:
    desk = await desk_of(place)
    salad, first = await desk.shop.make_program("Salad"), desk.shop.business.id
    refused = await desk.send(f"programs/{first}/archive", {"key": "k" * 20})
    assert (refused.status_code, "This is the main card" in refused.text) == (409, True)
    page, to_main = f"programs/{salad}", f"programs/{salad}/make-main"
    assert "It is the main one now." in (await desk.send(to_main, await desk.form(page, to_main))).text
    assert program_number(first, (await desk.shop.program()).id) == salad
    to_archive = f"programs/{first}/archive"
    form = await desk.form(main(desk), to_archive)
    for _ in range(2):
        assert "It is archived and takes no new stamps." in (await desk.send(to_archive, form)).text
    shown = (await desk.get(main(desk))).text
    assert ("takes no new stamps" in shown, to_archive in shown, to_main in shown) == (True, False, False)
    late = await desk.send(f"programs/{first}/make-main", {"key": "n" * 20})
    assert (late.status_code, "This card takes no new stamps any more." in late.text) == (409, True)


async def test_programs_of_other_shops_are_not_there_and_managers_change_none(place: Place) -> None:
    desk, other, manager = await desk_of(place), await desk_of(place), await desk_of(place, Role.MANAGER)
    for path in (main(other), f"{main(other)}/archive", f"{main(other)}/make-main"):
        assert (await desk.send(path, {"key": "k" * 20})).status_code == 404
    assert [(await desk.get(path)).status_code for path in (main(other), "programs/x", "programs/0")] == [404] * 3
    for path in ("programs", f"{main(manager)}/archive", f"{main(manager)}/make-main"):
        assert (await manager.send(path, {"key": "k" * 20})).status_code == 403


async def test_an_owner_changes_the_program_and_cards_in_progress_keep_their_goal(place: Place) -> None:
    desk = await desk_of(place)
    lena = await desk.shop.join()
    await desk.shop.stamp(lena.id, 2)
    form = await desk.form(main(desk), main(desk))
    page = await desk.get(main(desk))
    assert "Cards in progress never get longer" in page.text
    await desk.shop.change(reward_description="Tea")
    answer = await desk.send(main(desk), form, stamps_required="12", cooldown_seconds="90", daily_stamp_cap="٣")
    again = await desk.send(main(desk), form, stamps_required="12", cooldown_seconds="90", daily_stamp_cap="٣")
    assert ("Saved." in answer.text, "Saved." in again.text) == (True, True)
    terms = (await desk.shop.program()).terms
    assert (terms.stamps_required, terms.cooldown_seconds, terms.daily_stamp_cap) == (12, 5400, 3)
    assert (terms.reward_description, terms.version) == ("Tea", 3), "what somebody else changed meanwhile stays"
    assert "2 of 10 stamps" in texts((await desk.get(f"customers/{lena.id}")).text)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("stamps_required", "0"),
        ("stamps_required", "ten"),
        ("reward_description", ""),
        ("surplus", "keep"),
        ("cooldown_seconds", ""),
        ("cooldown_seconds", "-1"),
        ("daily_stamp_cap", "1001"),
        ("reward_valid_days", "0"),
        ("card_codes", "rotating"),
    ],
)
async def test_wrong_terms_are_said_beside_their_field_and_nothing_is_changed(
    place: Place, field: str, text: str
) -> None:
    desk = await desk_of(place)
    before = await desk.shop.program()
    answer = await desk.send(
        main(desk),
        await desk.form(main(desk), main(desk)),
        **{field: text, "surplus": text if field == "surplus" else "carry"},
    )
    assert answer.status_code == 400
    assert f'id="fault-{field}"' in answer.text
    assert await desk.shop.program() == before


async def test_an_owner_chooses_the_codes_and_whether_people_join_without_telegram(place: Place) -> None:
    desk = await desk_of(place)
    form = await desk.form(main(desk), main(desk))
    await desk.send(main(desk), form, card_codes="rotating_redeem")
    assert (await desk.shop.program()).terms.card_codes is CardCodes.ROTATING_REDEEM
    address = f"{place.url}/join/{desk.shop.business.slug}"
    for wanted in ("yes", "no"):
        form = await desk.form("programs", "joining")
        assert form["by_page"] == wanted
        page = await desk.send("joining", form)
        assert ("Saved." in page.text, address in page.text) == (True, wanted == "yes")
        assert ('method="post"' in (await desk.client.get(address)).text) == (wanted == "yes")
    assert (await desk.send("joining", {**form, "by_page": "maybe"})).status_code == 400
