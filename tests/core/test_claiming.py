"""The law-book of claiming: whose card a proven phone number finds, and what becomes of the one in the chat."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty_core.analytics import DayTotals
from loyalty_core.claiming import CardInChat, Claiming, OtherCard, claim
from loyalty_core.errors import CardInUse, CustomerExists
from loyalty_core.events import CustomerUpdated, RewardEarned, event_type
from loyalty_core.ledger import Actor, EntryType
from loyalty_core.outcomes import Claimed
from loyalty_core.programs import Surplus
from loyalty_core.rewards import RewardStatus
from loyalty_core.views import customer_view
from testkit.builders import LENA, a_program, patiently
from tests.core.shop import Shop
from tests.core.stories import Story, stories

PHONE = "+14155552671"
OWN_ID = 2


def a_chat(**terms: object) -> Shop:
    """A shop with the one card that hangs in the chat; the card that may be found is the first one of another."""
    shop = Shop(a_program(**terms))
    shop.customer = replace(shop.customer, id=OWN_ID, qr_code="CUS9876543210")
    return shop


def claimed(chat: Shop, found: Shop | None, *, held: bool = False, by: Actor = LENA) -> Claiming:
    """What the rules decide when PHONE is shared in the chat."""
    card = CardInChat(chat.customer, tuple(chat.rewards.values()))
    other = OtherCard(found.customer, held) if found else None
    where = found or chat
    return claim(card, PHONE, other, program=where.program, at=where.occasion(by))


def test_a_number_that_nobody_has_becomes_that_of_the_card_in_the_chat() -> None:
    chat = a_chat()
    decided = claimed(chat, None)
    [change] = decided.changes
    chat.keep(change)
    assert chat.customer.phone == PHONE
    assert decided.answer == Claimed(customer=customer_view(chat.customer, chat.program), replaced=None)
    [event] = change.events
    assert isinstance(event, CustomerUpdated)
    assert event.data.changed == ("phone",)


def test_who_has_the_number_already_stays_as_they_are() -> None:
    chat = a_chat()
    chat.customer = replace(chat.customer, phone=PHONE)
    decided = claimed(chat, None)
    assert decided.changes == ()
    assert decided.answer == Claimed(customer=customer_view(chat.customer, chat.program), replaced=None)


def test_an_open_reward_does_not_keep_a_number_from_its_own_card() -> None:
    chat = a_chat()
    chat.stamp(10)
    assert claimed(chat, None).answer.customer.phone == PHONE


def test_the_stamps_in_the_chat_are_booked_onto_the_found_card_as_brought_along() -> None:
    chat, found = a_chat(), Shop()
    chat.stamp(3)
    found.stamp(4)
    decided = claimed(chat, found)
    brought, _ = decided.changes
    visits = found.card.total_visits
    found.keep(brought)
    assert (found.card.current_stamps, found.card.total_stamps, found.card.total_visits) == (7, 7, visits)
    entry = brought.entry
    assert entry is not None
    assert (entry.type, entry.stamps, entry.actor, entry.customer_id) == (EntryType.IMPORT, 3, LENA, 1)
    assert decided.answer == Claimed(customer=customer_view(found.customer, found.program), replaced=OWN_ID)


def test_the_card_that_was_in_the_chat_is_erased() -> None:
    chat, found = a_chat(), Shop()
    closed = claimed(chat, found).changes[-1]
    assert (closed.customer.id, closed.customer.erased_at, closed.customer.name) == (OWN_ID, chat.now, "")
    assert [event_type(event) for event in closed.events] == ["customer.deleted"]


def test_without_stamps_in_the_chat_the_found_card_stays_as_it_is() -> None:
    chat, found = a_chat(), Shop()
    found.stamp(4)
    decided = claimed(chat, found)
    assert [change.customer.id for change in decided.changes] == [OWN_ID]
    assert decided.answer == Claimed(customer=customer_view(found.customer, found.program), replaced=OWN_ID)


def test_stamps_brought_along_may_earn_rewards_and_are_told() -> None:
    chat, found = a_chat(surplus=Surplus.CARRY), Shop(a_program(surplus=Surplus.CARRY))
    chat.stamp(9)
    found.stamp(3)
    brought, _ = claimed(chat, found).changes
    found.keep(brought)
    assert (found.card.current_stamps, found.card.rewards_available) == (2, 1)
    updated, earned = brought.events
    assert isinstance(updated, CustomerUpdated)
    assert updated.data.changed == ("current_stamps", "total_stamps")
    assert isinstance(earned, RewardEarned)
    assert brought.totals == ((found.now.date(), DayTotals(rewards_earned=1)),)


def test_a_card_with_a_reward_to_redeem_is_not_closed() -> None:
    chat, found = a_chat(), Shop()
    chat.stamp(10)
    with pytest.raises(CardInUse):
        claimed(chat, found)
    chat.redeem()
    assert claimed(chat, found).answer.replaced == OWN_ID


def test_a_reward_whose_time_is_over_keeps_nothing_open_even_before_that_is_booked() -> None:
    chat, found = a_chat(reward_valid_days=1), Shop()
    chat.stamp(10)
    chat.wait(days=3)
    found.now = chat.now
    closed = claimed(chat, found).changes[-1]
    assert [reward.status for reward in closed.settled] == [RewardStatus.VOIDED]
    assert closed.customer.card.rewards_available == 0


def test_a_card_that_somebody_else_holds_stays_with_them_whatever_is_on_ones_own() -> None:
    chat, found = a_chat(), Shop()
    chat.stamp(10)
    with pytest.raises(CustomerExists) as refusal:
        claimed(chat, found, held=True)
    assert refusal.value.customer_id == found.customer.id


@settings(patiently, max_examples=min(60, settings().max_examples))
@given(stories(), st.integers(0, 9))
def test_whatever_happened_before_the_found_card_is_what_its_ledger_adds_up_to(story: Story, stamps: int) -> None:
    chat, found = a_chat(), story.end()
    if stamps:
        chat.stamp(stamps)
    before = found.twin()
    for change in claimed(chat, found).changes[:-1]:
        found.keep(change)
    assert found.card == found.folded().card
    assert found.card.total_stamps == before.card.total_stamps + stamps
    assert found.card.total_visits == before.card.total_visits
    assert found.standing() == found.earned()
    assert found.card.rewards_available == len(found.with_status(RewardStatus.AVAILABLE))
