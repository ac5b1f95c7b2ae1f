"""The law-book of the ledger: a card is what its entries add up to, the voided ones left out."""

from loyalty_core.customers import Card
from loyalty_core.ledger import fold
from testkit.builders import KOLKATA, NEW_YORK, a_program, at
from tests.core.shop import Shop


def test_an_empty_ledger_is_an_empty_card() -> None:
    folded = fold([], a_program(), KOLKATA)
    assert (folded.card, folded.earned) == (Card(), {})


def test_a_ledger_adds_up_to_the_card() -> None:
    shop = Shop(a_program(stamps_required=2, surplus="carry", reward_valid_days=1), opening_stamps=3)
    shop.stamp(4)
    shop.redeem()
    shop.wait(days=2)
    shop.expire()
    assert shop.folded().card == shop.card
    assert (shop.card.rewards_earned, shop.card.rewards_available, shop.card.current_stamps) == (3, 0, 1)


def test_voided_entries_and_the_entries_that_voided_them_do_not_count() -> None:
    shop = Shop()
    shop.stamp(4)
    shop.stamp(1)
    shop.void(1)
    assert shop.folded().card == shop.card
    assert shop.card.total_stamps == 1


def test_a_ledger_knows_which_rewards_each_entry_earned() -> None:
    shop = Shop(a_program(stamps_required=2, surplus="carry"), opening_stamps=4)
    shop.stamp(1)
    shop.stamp(1)
    assert shop.folded().earned == {1: ("A coffee", "A coffee"), 3: ("A coffee",)}


def test_entries_count_under_the_terms_of_their_day() -> None:
    shop = Shop(a_program(stamps_required=3))
    shop.stamp(3)
    shop.change(stamps_required=9)
    shop.stamp(3)
    assert shop.folded().earned == {1: ("A coffee",)}


def test_days_of_the_ledger_are_days_of_the_shop() -> None:
    shop = Shop(now=at("23:30", zone=KOLKATA))
    shop.stamp(2)
    shop.wait(hours=1)
    shop.stamp(3)
    assert (shop.card.day, shop.card.day_stamps) == (at(day="2026-03-03").date(), 3)
    in_new_york = fold(shop.entries.values(), shop.program, NEW_YORK).card
    assert (in_new_york.day, in_new_york.day_stamps) == (at(day="2026-03-02").date(), 5)


def test_the_ledger_is_kept_in_utc() -> None:
    shop = Shop(now=at("01:30", zone=KOLKATA))
    shop.stamp()
    assert shop.entries[1].occurred_at.utcoffset() == at().utcoffset()
