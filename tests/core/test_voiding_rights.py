"""The law-book of who may undo what, and for how long."""

import pytest

from loyalty_core.errors import VoidBar, VoidRefused
from loyalty_core.ledger import SYSTEM, Actor, ActorType
from testkit.builders import ANA, BEN, LENA, MIRA, NEW_YORK, OTTO, TILL, at
from tests.core.shop import Shop


def a_shop_stamped(by: Actor = ANA) -> Shop:
    """Entry 1 is a stamp, given by somebody."""
    shop = Shop()
    shop.stamp(by=by)
    return shop


def refusal_of(shop: Shop, by: Actor) -> str:
    with pytest.raises(VoidRefused) as refusal:
        shop.void(1, by=by)
    return str(refusal.value)


def bar_of(shop: Shop, by: Actor) -> VoidBar:
    with pytest.raises(VoidRefused) as refusal:
        shop.void(1, by=by)
    return refusal.value.bar


def test_staff_may_undo_their_own_entry() -> None:
    shop = a_shop_stamped(by=ANA)
    assert shop.void(1, by=ANA).voided_transaction_id == 1


def test_staff_may_undo_their_own_redemption() -> None:
    shop = Shop(opening_stamps=10)
    redemption = shop.redeem(by=ANA).transaction_id
    assert shop.void(redemption, by=ANA).customer.rewards_available == 1


def test_staff_may_undo_until_ten_minutes_have_passed_and_not_later() -> None:
    shop = a_shop_stamped(by=ANA)
    shop.wait(minutes=10, seconds=1)
    assert refusal_of(shop, ANA) == "Staff can undo their own entries for 10 minutes. A manager can undo this one."
    shop.wait(seconds=-1)
    assert shop.void(1, by=ANA).voided_transaction_id == 1


def test_staff_may_not_undo_what_others_did() -> None:
    shop = a_shop_stamped(by=BEN)
    assert refusal_of(shop, ANA) == "Staff can undo their own entries only. A manager can undo this one."


def test_staff_may_not_undo_what_a_till_did_though_the_numbers_are_the_same() -> None:
    till = Actor(ActorType.API_KEY, ANA.id, "Till")
    assert refusal_of(a_shop_stamped(by=till), ANA).startswith("Staff can undo their own entries only.")


def test_staff_without_a_role_have_the_rights_of_staff() -> None:
    nobody_special = Actor(ActorType.STAFF, ANA.id, "Ana")
    shop = a_shop_stamped(by=BEN)
    assert refusal_of(shop, nobody_special).startswith("Staff can undo their own entries only.")
    assert a_shop_stamped(by=ANA).void(1, by=nobody_special).voided_transaction_id == 1


def test_customers_may_undo_nothing_not_even_their_own() -> None:
    assert refusal_of(a_shop_stamped(by=LENA), LENA) == "Only the shop can undo this."


@pytest.mark.parametrize("by", [MIRA, OTTO, TILL, SYSTEM])
def test_managers_owners_and_keys_may_undo_what_anybody_did_at_any_time(by: Actor) -> None:
    shop = a_shop_stamped(by=ANA)
    shop.wait(days=400)
    assert shop.void(1, by=by).voided_transaction_id == 1


def test_ten_minutes_are_ten_minutes_when_the_clocks_change() -> None:
    shop = Shop(now=at("01:55", day="2026-03-08", zone=NEW_YORK))
    shop.stamp(by=ANA)
    shop.wait(minutes=9)
    assert shop.void(1, by=ANA).voided_transaction_id == 1


def test_who_undid_it_is_written_down() -> None:
    shop = a_shop_stamped(by=ANA)
    assert shop.entries[shop.void(1, by=OTTO).transaction_id].actor == OTTO


def test_a_refused_undo_says_what_stands_in_its_way() -> None:
    shop = a_shop_stamped(by=ANA)
    assert bar_of(shop, LENA) is VoidBar.NOT_THE_SHOP
    assert bar_of(shop, BEN) is VoidBar.NOT_THEIR_OWN
    shop.wait(minutes=11)
    assert bar_of(shop, ANA) is VoidBar.TOO_LATE
    assert bar_of(Shop(opening_stamps=3), TILL) is VoidBar.NO_STAMP_OR_REDEMPTION


def test_what_was_handed_out_bars_the_undo_of_the_stamp_that_earned_it() -> None:
    shop = Shop()
    shop.stamp(10)
    shop.redeem()
    assert bar_of(shop, TILL) is VoidBar.REWARD_HANDED_OUT
