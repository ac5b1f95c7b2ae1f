"""Rotating codes over HTTP: what a till reads from a phone, and what it is told when that is a screenshot."""

from urllib.parse import quote

import pytest

from loyalty_app.customers.rotating_codes import CodesToShow, codes_to_show
from loyalty_core.fields import BusinessId, CustomerId
from loyalty_core.programs import CardCodes
from tests.api.till import Till, given, on_both_databases, refused
from tests.api.witness import Json


async def codes_of(till: Till, customer: Json) -> CodesToShow:
    """What the card of a customer shows now."""
    runtime, now = till.api.app.state.runtime, till.api.clock.now
    business, number = BusinessId(till.business.id), CustomerId(customer["id"])
    shown: CodesToShow = await runtime.database.read(
        lambda connection: codes_to_show(connection, runtime.vault, business, number, now=now)
    )
    return shown


def path(code: str, verb: str = "") -> str:
    return f"/customers/qr/{quote(code, safe='')}{verb}"


@pytest.fixture
async def lena(till: Till) -> Json:
    await till.change(card_codes="rotating_all")
    return await till.join()


@on_both_databases
async def test_a_rotating_code_stamps_once_by_both_paths_and_in_a_batch(till: Till, lena: Json) -> None:
    code = (await codes_of(till, lena)).codes[0].text
    assert given(await till.post(path(code, "/stamps")))["current_stamps"] == 1
    refused(await till.post(path(code, "/stamps")), 409, "code_used")
    refused(await till.post(f"/customers/{quote(code)}/stamps"), 409, "code_used")
    next_code = (await codes_of(till, lena)).codes[1].text
    items = [{"idempotency_key": key, "qr_code": next_code} for key in ("receipt-1", "receipt-2")]
    told = (await till.post("/stamps/batch", {"items": items})).json()["data"]
    assert [one["status"] for one in told] == [200, 409]
    assert told[1]["problem"]["code"] == "code_used"


async def test_a_screenshot_and_a_printed_card_are_refused_with_a_sentence_that_helps(till: Till, lena: Json) -> None:
    code = (await codes_of(till, lena)).codes[0].text
    till.api.clock.wait(minutes=2)
    assert "screenshot" in refused(await till.post(path(code, "/stamps")), 409, "code_expired")["detail"]
    refused(await till.post(path(code, "/redeem")), 409, "code_expired")
    refused(await till.post(path(lena["qr_code"], "/stamps")), 409, "rotating_code_required")
    refused(await till.post(path(lena["qr_code"], "/redeem")), 409, "rotating_code_required")
    assert (await till.show(lena["id"]))["total_stamps"] == 0


async def test_looking_a_customer_up_by_a_rotating_code_spends_nothing_and_takes_old_ones(
    till: Till, lena: Json
) -> None:
    code = (await codes_of(till, lena)).codes[0].text
    for text in (code, f"https://t.me/a_bot?start=c_{code.replace(' ', '')}", code.lower().replace(" ", "-")):
        assert given(await till.get(path(text)))["id"] == lena["id"]
    assert given(await till.post(path(code, "/stamps")))["current_stamps"] == 1
    till.api.clock.wait(days=1)
    seen = given(await till.get(path(code)))
    assert (seen["id"], seen["qr_code"]) == (lena["id"], lena["qr_code"])


async def test_the_reward_of_a_stamp_is_redeemed_with_the_same_code(till: Till, lena: Json) -> None:
    code = (await codes_of(till, lena)).codes[0].text
    assert given(await till.post(path(code, "/stamps"), {"stamps": 10}))["reward_earned"]
    till.api.clock.wait(minutes=3)
    given(await till.post(path(code, "/redeem")))
    [redeemed, stamped] = (await till.get("/transactions")).json()["data"]
    assert (redeemed["rotating_code"], stamped["rotating_code"]) == (True, True)


async def test_a_till_that_names_the_customer_by_id_needs_no_code_and_the_ledger_shows_it(
    till: Till, lena: Json
) -> None:
    await till.stamp(lena["id"], 10)
    await till.redeem(lena["id"])
    assert not any(entry.get("rotating_code") for entry in (await till.get("/transactions")).json()["data"])


async def test_a_repeated_request_is_answered_as_at_first_though_its_code_is_used_and_old(
    till: Till, lena: Json
) -> None:
    code = (await codes_of(till, lena)).codes[0].text
    first = await till.post(path(code, "/stamps"), once="receipt-1")
    till.api.clock.wait(hours=1)
    again = await till.post(path(code, "/stamps"), once="receipt-1")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")


async def test_a_card_shows_codes_for_two_minutes_and_says_how_long_each_is_shown(till: Till, lena: Json) -> None:
    till.api.clock.wait(seconds=12)
    shown = await codes_of(till, lena)
    assert (shown.seconds_left, shown.step_seconds, len(shown.codes)) == (18.0, 30, 4)
    till.api.clock.wait(seconds=18)
    assert (await codes_of(till, lena)).codes[:3] == shown.codes[1:]
    for number, code in enumerate(shown.codes[1:]):
        till.api.clock.wait(seconds=30 * bool(number))
        assert given(await till.post(path(code.text, "/stamps")))["current_stamps"] == number + 1


async def test_a_card_of_a_shop_with_fixed_codes_shows_its_code_for_ever(till: Till) -> None:
    lena = await till.join()
    shown = await codes_of(till, lena)
    assert (shown.card_codes, shown.seconds_left, shown.step_seconds) == (CardCodes.FIXED, None, None)
    assert [code.text.replace(" ", "") for code in shown.codes] == [lena["qr_code"]]


async def test_what_a_shop_takes_is_chosen_with_the_program(till: Till) -> None:
    assert (await till.change(card_codes="rotating_redeem"))["card_codes"] == "rotating_redeem"
    wrong = refused(await till.patch("/program", {"card_codes": "moving"}), 400, "invalid_request")
    assert "rotating_all" in wrong["errors"][0]["message"]
