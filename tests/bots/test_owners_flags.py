"""Flags in the chat: the message of the evening leads to the entry and to its undo, and the owner sets what is told."""

import pytest

from bots.flag_texts import evening_rows, evening_text
from bots.words import LANGUAGES, words_for
from loyalty_app.db.tables import notice
from loyalty_app.shops.flag_rules import change_flag_rules, read_flag_rules
from loyalty_app.shops.notice_facts import EveningFacts, EveningFigures, FlagLine
from loyalty_app.upkeep.evenings import evening_day, tell_evenings
from loyalty_core.access import Role
from loyalty_core.flags import FlagKind, FlagRules, FlagRulesChange
from testkit.builders import NOON
from testkit.concurrency import until
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import Town
from tests.bots.till import open_till

pytestmark = pytest.mark.usefixtures("unhurried", "noon")


@pytest.fixture
async def shop(town: Town) -> Shop:
    return await town.open_shop()


@pytest.fixture
async def mira(town: Town, shop: Shop) -> Person:
    """The owner, before her shop's screen."""
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await mira.say("/shop")
    return mira


async def own_stamp(town: Town, shop: Shop) -> Person:
    """Ana of the staff joins as a customer, and stamps her own card in the chat."""
    ana = await town.hire(shop, "Ana")
    await ana.start(f"j_{shop.business.slug}")
    [card] = await shop.customers()
    await ana.start(f"c_{card.qr_code}")
    await ana.press("+2")
    return ana


async def tell(town: Town, shop: Shop, mira: Person) -> None:
    """The evening comes, and its message is on the owner's phone."""
    evening = town.clock().replace(hour=21, minute=5)
    assert evening_day(shop.business, evening) == evening.date()
    await tell_evenings(shop.database, now=evening)
    await until(lambda: told(shop))
    await mira.screen()


async def told(shop: Shop) -> bool:
    rows = await shop.rows(notice)
    return bool(rows) and all(row.told_at is not None for row in rows if row.kind == "evening")


async def test_the_message_of_the_evening_leads_to_the_entry_and_to_its_undo(
    town: Town, shop: Shop, mira: Person
) -> None:
    await own_stamp(town, shop)
    await tell(town, shop, mira)
    assert "Worth a look. There may be a good reason for each:" in mira.last.words
    assert "Ana gave +2 to a card of their own" in mira.last.words
    await mira.press("1. Show")
    assert "+2 · Ana" in mira.last.words
    await mira.press("All that is worth a look")
    await mira.press("1")
    await mira.press("↩️ Undo")
    assert "Undone: +2 for Ana" in mira.last.words
    [card] = await shop.customers()
    assert card.card.current_stamps == 0


async def test_undo_in_the_message_asks_first(town: Town, shop: Shop, mira: Person) -> None:
    await own_stamp(town, shop)
    await tell(town, shop, mira)
    await mira.press("1. ↩️ Undo")
    assert "Undo this entry?" in mira.last.words
    [card] = await shop.customers()
    assert card.card.current_stamps == 2
    await mira.press("↩️ Undo")
    [card] = await shop.customers()
    assert card.card.current_stamps == 0
    await mira.say("/shop")
    await mira.press("Worth a look")
    await mira.press("1")
    assert "It was undone." in mira.last.words
    assert "↩️ Undo" not in mira.last.labels


async def test_the_screen_has_what_was_flagged_up_to_now_page_by_page(shop: Shop, mira: Person) -> None:
    await mira.press("Worth a look")
    assert "Nothing was flagged." in mira.last.words
    await change_flag_rules(shop.database, shop.business.id, FlagRulesChange(most_visits=1))
    for _ in range(9):
        lena = await shop.join()
        await shop.stamp(lena.id)
        await shop.stamp(lena.id)
    await mira.press("« My shop")
    await mira.press("Worth a look")
    assert mira.last.words.count("a card had 2 visits that day") == 8
    await mira.press("Older ›")
    assert mira.last.words.count("a card had 2 visits that day") == 1
    await mira.press("‹ Newer")
    assert mira.last.words.count("a card had 2 visits that day") == 8


async def test_the_owner_sets_what_is_flagged_and_the_api_says_the_same(town: Town, shop: Shop, mira: Person) -> None:
    for label in ("Worth a look", "What is flagged", "Stamps at unusual hours", "Figures of the day"):
        await mira.press(label)
    await mira.press("👣 > 6")
    await mira.press("↩️ > 1")
    assert "More visits of one card in a day than: 6" in mira.last.words
    assert "More undos by one person in a day than: 1" in mira.last.words
    wanted = FlagRules(most_visits=6, most_undos=1, off=(FlagKind.UNUSUAL_HOUR,), evening_summary=True)
    assert await shop.database.read(lambda c: read_flag_rules(c, shop.business.id)) == wanted
    await mira.press("Many visits of one card")
    assert "More visits of one card" not in mira.last.words
    for label in ("Many visits of one card", "Stamps at unusual hours", "Figures of the day"):
        await mira.press(label)
    async with open_till(town) as till:
        rules = await till.data("/v1/flags/rules", shop)
    assert rules == {"most_visits": 6, "most_undos": 1, "off": [], "evening_summary": False}


async def test_an_owner_who_asked_gets_the_figures_of_the_day(town: Town, shop: Shop, mira: Person) -> None:
    await change_flag_rules(shop.database, shop.business.id, FlagRulesChange(evening_summary=True))
    await shop.change(reward_cost=120, currency="EUR")
    await shop.stamp((await shop.join()).id, 10)
    await tell(town, shop, mira)
    for part in ("1 visit, 10 stamps, 1 new customer", "1 reward is open.", "In money: €1.20"):
        assert part in mira.last.words


async def test_managers_and_staff_neither_see_nor_set_flags(town: Town, shop: Shop) -> None:
    max_ = await town.hire(shop, "Max", Role.MANAGER)
    await max_.say("/shop")
    assert not any("Worth a look" in label for label in max_.last.labels)


LINES = tuple(
    FlagLine(kind=kind, transaction_id=number, by=by, at=NOON, stamps=2, number=6, can_be_undone=bool(by))
    for number, (kind, by) in enumerate([*((kind, "A<na> & Co") for kind in FlagKind), (FlagKind.UNUSUAL_HOUR, None)])
)
FIGURES = EveningFigures(
    visits=31, stamps=40, new_customers=3, rewards_redeemed=3, outstanding=12, cost=1_440, currency="EUR"
)


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_evening_is_told_in_every_language_with_a_button_for_each_entry(code: str) -> None:
    facts = EveningFacts(business_id=1, day=NOON.date(), flags=LINES, more=3, figures=FIGURES)
    words = words_for(code)
    text = evening_text(words, "Bean <& Leaf>", facts)
    assert "Bean &lt;&amp; Leaf&gt;" in text
    assert text.count("A&lt;na&gt; &amp; Co") == len(FlagKind)
    assert "{" not in text
    rows = evening_rows(words, facts)
    assert [len(row) for row in rows] == [2] * len(FlagKind) + [1, 1]
    assert evening_rows(words, EveningFacts(business_id=1, day=NOON.date(), figures=FIGURES)) == []
