"""The law-book of head starts: stamps that are on a card when it is made."""

import pytest
from msgspec.structs import replace

from loyalty_core.analytics import DayTotals
from loyalty_core.booking import head_start_is_due
from loyalty_core.claiming import CardInChat, OtherCard, claim
from loyalty_core.customers import Profile
from loyalty_core.errors import DailyCapReached, InvalidRequest, VoidRefused
from loyalty_core.events import event_type
from loyalty_core.joining import join
from loyalty_core.ledger import EntryType, Gift
from loyalty_core.steps import Step
from testkit.builders import NOON, a_customer, a_new_card, a_program, an_occasion, with_change
from tests.core.shop import Shop


def a_shop(opening_stamps: int = 2, **terms: object) -> Shop:
    """A shop whose customer has just joined, with a head start."""
    return Shop(a_program(opening_stamps=opening_stamps, **terms))


def told(shop: Shop) -> list[str]:
    return [event_type(event) for event in shop.events]


def test_who_joins_has_the_head_start_on_the_card() -> None:
    shop = a_shop()
    assert (shop.card.current_stamps, shop.card.total_stamps, shop.card.total_visits) == (2, 2, 0)
    [entry] = shop.entries.values()
    assert (entry.type, entry.stamps, entry.bonus_stamps) == (EntryType.BONUS, 2, 2)
    assert (entry.occasion, entry.asked_stamps, shop.customer.version) == (Gift.HEAD_START, 0, 1)


def test_it_is_no_visit_and_no_stamp_is_told_of() -> None:
    shop = a_shop()
    assert (shop.card.last_visit_at, shop.card.day, shop.card.day_stamps) == (None, None, 0)
    assert told(shop) == ["customer.created"]
    assert shop.totals == {NOON.date(): DayTotals(new_customers=1, stamps_added=2)}


def test_it_counts_on_the_way_to_the_goal() -> None:
    shop = a_shop(2, stamps_required=5)
    assert shop.stamp(3).reward_earned
    assert len(shop.entries) == 2, "it is given once"


def test_it_reaches_steps() -> None:
    shop = a_shop(2, steps=(Step(1, "A biscuit"),))
    assert told(shop) == ["customer.created", "reward.earned"]
    assert shop.standing() == {(min(shop.entries), "A biscuit"): 1}


def a_shop_without_entries(**terms: object) -> Shop:
    """A shop that gives a head start since after its customer joined."""
    shop = Shop(a_program(**terms))
    shop.change(opening_stamps=2)
    return shop


def test_who_has_no_entry_yet_gets_it_with_the_first_stamp() -> None:
    shop = a_shop_without_entries()
    stamped = shop.stamp(1)
    assert (stamped.current_stamps, stamped.stamps_added, stamped.bonus_stamps) == (3, 1, 0)
    assert [(entry.type, entry.stamps) for _, entry in sorted(shop.entries.items())] == [
        (EntryType.BONUS, 2),
        (EntryType.STAMP, 1),
    ]
    assert (shop.customer.entries, shop.customer.version, shop.card) == (2, 3, shop.folded().card)
    assert told(shop) == ["customer.created", "stamp.added"]
    assert shop.totals == {NOON.date(): DayTotals(new_customers=1, visits=1, stamps_added=3)}
    shop.stamp(1)
    assert shop.card.current_stamps == 4


def test_the_rewards_of_both_are_told_with_the_first_stamp() -> None:
    shop = a_shop_without_entries(steps=(Step(1, "A biscuit"), Step(3, "A tea")))
    stamped = shop.stamp(1)
    assert [(reward.id, reward.description) for reward in stamped.rewards] == [(1, "A biscuit"), (2, "A tea")]
    assert sorted(shop.standing()) == [(1, "A biscuit"), (2, "A tea")]
    assert told(shop) == ["customer.created", "stamp.added", "reward.earned", "reward.earned"]


def test_a_first_stamp_that_is_refused_brings_none() -> None:
    shop = a_shop_without_entries(daily_stamp_cap=2)
    with pytest.raises(DailyCapReached):
        shop.stamp(3)
    assert (shop.card.current_stamps, shop.entries) == (0, {})
    shop.stamp(2)
    assert shop.card.current_stamps == 4, "the cap counts what was asked for"


def test_a_first_stamp_that_is_booked_late_takes_the_head_start_to_its_day() -> None:
    shop = a_shop_without_entries()
    shop.stamp(1, minutes_ago=24 * 60)
    assert {entry.occurred_at.day for entry in shop.entries.values()} == {1}


def test_undoing_the_first_stamp_leaves_the_head_start_and_the_next_brings_no_second_one() -> None:
    shop = a_shop_without_entries()
    shop.void(shop.stamp(1).transaction_id)
    assert (shop.card.current_stamps, shop.card.total_visits) == (2, 0)
    shop.stamp(1)
    assert (shop.card.current_stamps, shop.card) == (3, shop.folded().card)


def test_it_cannot_be_undone_by_itself() -> None:
    shop = a_shop()
    with pytest.raises(VoidRefused, match="Only stamps and redemptions"):
        shop.void(min(shop.entries))


def test_a_card_with_stamps_from_another_book_gets_none() -> None:
    program = a_program(opening_stamps=2)
    change = join(Profile(name="Lena"), program, a_new_card(4), at=an_occasion())
    assert (change.customer.card.current_stamps, head_start_is_due(change.customer, program)) == (4, False)


def test_a_card_that_is_imported_without_stamps_gets_it_with_the_first_stamp() -> None:
    program = a_program(opening_stamps=2)
    change = join(Profile(name="Lena"), program, replace(a_new_card(), imported=True), at=an_occasion())
    assert (change.entry, change.customer.card.current_stamps) == (None, 0)
    assert head_start_is_due(change.customer, program)


def test_nobody_brings_a_head_start_along_to_another_card() -> None:
    chat, found = a_shop(2), a_shop(2)
    chat.stamp(3)
    card = CardInChat(chat.customer, (), tuple(chat.entries.values()))
    other = OtherCard(replace(found.customer, id=9), held=False)
    claiming = claim(card, "+14155552671", other, program=chat.program, at=an_occasion(transaction_id=9))
    assert claiming.answer.customer.current_stamps == 2 + 3
    fresh = CardInChat(a_shop(2).customer, (), tuple(a_shop(2).entries.values()))
    unchanged = claim(fresh, "+14155552671", other, program=chat.program, at=an_occasion(transaction_id=9))
    assert len(unchanged.changes) == 1, "there is nothing to bring"


def test_it_is_below_the_goal() -> None:
    with pytest.raises(InvalidRequest, match="must be below the goal of 10 stamps"):
        with_change(a_program(), opening_stamps=10)
    with pytest.raises(InvalidRequest, match="stamps_required: must be above the head start of 4 stamps"):
        with_change(a_program(opening_stamps=4), stamps_required=4)


def test_who_joins_without_a_head_start_has_no_entry() -> None:
    assert (a_customer().entries, head_start_is_due(a_customer(), a_program())) == (0, False)
