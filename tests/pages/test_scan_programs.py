"""The scanner in a shop with several programs: what it is told, and that each stamp goes to the card that was meant."""

from typing import Any

import pytest

from loyalty_app.words import LANGUAGES
from loyalty_core.bonus_hours import BonusHours
from loyalty_core.steps import Step
from testkit.shop import Shop
from tests.pages.place import Place
from tests.pages.test_scan_answers import Counter, at_work, done, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

WHOLE_WEEK = BonusHours(weekdays=(1, 2, 3, 4, 5, 6, 7), begin="00:00", end="24:00", factor=2)


async def with_salads(place: Place, **terms: object) -> tuple[Counter, int]:
    """A counter in a shop with coffees and salads, and the number of the second program."""
    till = await at_work(place)
    await till.shop.change(title="☕ Coffee")
    return till, await till.shop.make_program("🥗 Salad", **{"stamps_required": 4, **terms})


async def programs_of(till: Counter) -> list[dict[str, Any]]:
    """What the page offers to choose from."""
    [shop] = done(await till.client.get("api/scan/shift"))["shops"]
    programs: list[dict[str, Any]] = shop["programs"]
    return programs


async def test_a_shop_with_one_program_offers_no_choice_and_is_told_nothing_of_programs(place: Place) -> None:
    till = await at_work(place)
    assert await programs_of(till) == []
    told = done(await till.stamp())
    assert {"card", "gift", "opening", "on_the_way"} & set(told) == set()
    assert told["coming"] == {"stamps_to_go": 9, "reward_description": "A coffee"}


async def test_the_programs_in_use_are_offered_the_main_one_first_and_none_if_it_is_the_only_one_left(
    place: Place,
) -> None:
    till, salads = await with_salads(place)
    coffee = {"id": till.shop.business.id, "title": "☕ Coffee"}
    assert await programs_of(till) == [coffee, {"id": salads, "title": "🥗 Salad"}]
    await till.shop.programs_deed(promote=salads)
    assert await programs_of(till) == [{"id": salads, "title": "🥗 Salad"}, coffee]
    twin = await till.shop.make_program("🥗 Salad")
    assert [one["title"] for one in await programs_of(till)] == ["🥗 Salad (1)", "☕ Coffee", "🥗 Salad (2)"]
    for number in (twin, till.shop.business.id):
        await till.shop.programs_deed(archive=number)
    assert await programs_of(till) == []


async def test_a_stamp_goes_to_the_program_that_was_chosen_and_without_one_to_the_main_one(place: Place) -> None:
    till, salads = await with_salads(place)
    told = done(await till.stamp(program_id=salads, stamps=3))
    assert told["card"] == {"program_id": salads, "title": "🥗 Salad"}
    assert (told["customer"]["stamps"], told["customer"]["goal"]) == (3, 4)
    assert told["coming"] == {"stamps_to_go": 1, "reward_description": "A salad"}
    told = done(await till.stamp())
    assert (told["card"]["title"], told["customer"]["stamps"], told["customer"]["goal"]) == ("☕ Coffee", 1, 10)
    assert [entry.program_id for entry in await till.shop.ledger()] == [salads, None]


async def test_one_key_is_one_stamp_of_the_program_for_which_it_was_made(place: Place) -> None:
    till, salads = await with_salads(place)
    first = done(await till.stamp(key="page-1", program_id=salads))
    assert done(await till.stamp(key="page-1", program_id=salads, waited_seconds=90)) == {**first, "replayed": True}
    refused(await till.stamp(key="page-1"), 422, "idempotency_key_reused")
    assert len(await till.shop.ledger()) == 1


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_stamp_on_an_archived_program_is_refused_in_words_and_changes_nothing(
    place: Place, language: str
) -> None:
    till, salads = await with_salads(place)
    await till.shop.programs_deed(archive=salads)
    till.client.headers["Accept-Language"] = language
    said = refused(await till.stamp(program_id=salads), 409, "program_archived")
    assert ("takes no new stamps" in said) == (language == "en")
    stranger = (await at_work(place)).shop.business.id
    refused(await till.stamp(program_id=stranger), 404, "program_not_found")
    assert await till.shop.ledger() == []


async def test_a_doubled_stamp_a_head_start_and_a_step_are_told(place: Place) -> None:
    terms = {"stamps_required": 8, "opening_stamps": 2, "steps": (Step(5, "Soup"),), "bonus_hours": (WHOLE_WEEK,)}
    till, salads = await with_salads(place, **terms)
    told = done(await till.stamp(program_id=salads))
    assert (told["added"], told["gift"], told["opening"], told["customer"]["stamps"]) == (2, 1, 2, 4)
    assert told["coming"] == {"stamps_to_go": 1, "reward_description": "Soup"}
    told = done(await till.stamp(program_id=salads))
    assert (told["on_the_way"], "opening" in told, told["customer"]["stamps"]) == (True, False, 6)
    [soup] = told["earned"]
    assert (soup["description"], soup["program"]) == ("Soup", "🥗 Salad")
    told = done(await till.stamp(program_id=salads))
    assert [one["description"] for one in told["earned"]] == ["A salad"]
    assert "on_the_way" not in told


async def test_a_head_start_that_came_with_the_card_is_not_told_with_its_first_stamp(place: Place) -> None:
    till = await at_work(place, opening_stamps=2)
    told = done(await till.stamp())
    assert ("opening" in told, told["customer"]["stamps"]) == (False, 3)


async def test_rewards_and_undos_of_a_further_program_say_their_card(place: Place) -> None:
    till, salads = await with_salads(place)
    told = done(await till.stamp(program_id=salads, stamps=4))
    [reward] = told["customer"]["rewards"]
    assert reward == {"id": reward["id"], "description": "A salad", "program": "🥗 Salad"}
    asked = {"customer_id": till.customer.id, "reward_id": reward["id"]}
    given = done(await till.ask("redemptions", **asked))
    assert (given["card"]["title"], given["handed_out"]) == ("🥗 Salad", reward)
    back = done(await till.ask("undo", transaction_id=given["transaction_id"]))
    assert (back["card"]["title"], back["customer"]["rewards"]) == ("🥗 Salad", [reward])
    await till.shop.programs_deed(archive=salads)
    gone = done(await till.ask("undo", transaction_id=told["transaction_id"]))
    assert (gone["card"]["title"], gone["customer"]["stamps"], gone["customer"]["rewards"]) == ("🥗 Salad", 0, [])
    assert (await salad_stamps(till.shop, till.customer.id, salads)) == 0


async def salad_stamps(shop: Shop, customer_id: int, salads: int) -> int:
    """The stamps on the card of a program."""
    card = (await shop.customer(customer_id)).card_of(salads)
    return card.current_stamps if card else 0


async def test_who_is_found_is_shown_with_the_stamps_of_the_chosen_program(place: Place) -> None:
    till, salads = await with_salads(place)
    done(await till.stamp(program_id=salads, stamps=4))
    done(await till.stamp(program_id=salads, stamps=3))
    done(await till.stamp())
    for chosen, stamps in ((salads, 3), (None, 1), (till.shop.business.id, 1)):
        [found] = done(await till.ask("find", text="Lena", program_id=chosen))["customers"]
        assert (found["stamps"], found["has_reward"]) == (stamps, True)
    await till.shop.programs_deed(promote=salads)
    [found] = done(await till.ask("find", text=till.customer.qr_code))["customers"]
    assert found["stamps"] == 3
