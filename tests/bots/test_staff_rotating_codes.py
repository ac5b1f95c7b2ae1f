"""Rotating codes at the counter of a chat: what was shown decides, also a while later, and a screenshot is refused."""

import pytest
from msgspec.structs import replace

from loyalty_core.customers import ShownCode
from loyalty_core.programs import CardCodes
from loyalty_core.rotating_codes import seal_of, step_at
from testkit.town import Town
from tests.bots.cafe import Cafe, link, open_cafe, screen_of

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
async def cafe(town: Town) -> Cafe:
    return await open_cafe(town, card_codes=CardCodes.ROTATING_ALL, stamps_required=1)


def code(cafe: Cafe, *, steps: int = 0) -> ShownCode:
    """What Lena's card shows now, or some steps later."""
    runtime = cafe.town.runtime
    key = runtime.vault.code_keys(cafe.shop.business.id)[0]
    return ShownCode(cafe.lena.qr_code, seal_of(cafe.lena.qr_code, step_at(runtime.clock()) + steps, key))


def opened(cafe: Cafe, shown: ShownCode) -> str:
    """The link that a camera opens."""
    return link(replace(cafe.lena, qr_code=shown.whole))


async def test_a_code_that_was_read_in_time_stamps_and_redeems_once_each(cafe: Cafe) -> None:
    shown = code(cafe)
    await cafe.ana.open(opened(cafe, shown))
    await cafe.ana.press("+1")
    assert [entry.code_key is not None for entry in await cafe.shop.ledger()] == [True]
    assert "used already" in str(await cafe.ana.press("+1"))
    await cafe.ana.press("Redeem")
    await cafe.ana.press("Yes")
    assert [str(entry.type) for entry in await cafe.shop.ledger()] == ["stamp", "redeem"]
    await cafe.ana.open(opened(cafe, shown))
    assert "used already" in str(screen_of(cafe.ana).text)
    assert len(await cafe.shop.ledger()) == 2


async def test_a_screenshot_and_a_printed_card_are_refused_with_a_sentence_and_no_buttons(cafe: Cafe) -> None:
    for steps in (-3, 3):
        await cafe.ana.open(opened(cafe, code(cafe, steps=steps)))
        assert "screenshot or an old code" in str(screen_of(cafe.ana).text)
    await cafe.ana.open(link(cafe.lena))
    assert "only the code that changes" in str(screen_of(cafe.ana).text)
    await cafe.ana.say(cafe.lena.qr_code)
    assert "only the code that changes" in str(screen_of(cafe.ana).text)
    assert await cafe.shop.ledger() == []


async def test_who_is_found_by_name_or_number_is_served_without_a_code(cafe: Cafe) -> None:
    await cafe.ana.say("Lena")
    await cafe.ana.press("+1")
    assert [entry.code_key for entry in await cafe.shop.ledger()] == [None]


async def test_where_only_redeeming_asks_for_it_the_printed_card_stamps(cafe: Cafe) -> None:
    await cafe.shop.change(card_codes=CardCodes.ROTATING_REDEEM)
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+1")
    await cafe.ana.press("Redeem")
    assert "only the code that changes" in str(await cafe.ana.press("Yes"))
    await cafe.ana.say(code(cafe).whole.lower())
    await cafe.ana.press("Redeem")
    await cafe.ana.press("Yes")
    assert [str(entry.type) for entry in await cafe.shop.ledger()] == ["stamp", "redeem"]


async def test_a_stranger_who_opens_a_rotating_code_learns_nothing(cafe: Cafe) -> None:
    eve = await cafe.town.person("Eve")
    await eve.open(opened(cafe, code(cafe)))
    assert "Lena" not in str(eve.messages)
    assert "Only the person who holds this card" in str(eve.messages)
