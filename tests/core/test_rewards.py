"""The law-book of rewards: handing them out, and letting them lapse."""

from datetime import UTC, date

import pytest
from msgspec.structs import replace

from loyalty_core.errors import NoRewardAvailable, RewardAlreadyRedeemed, RewardExpired, RewardNotFound
from loyalty_core.events import event_type
from loyalty_core.ledger import EntryType
from loyalty_core.rewards import RewardStatus, choose
from loyalty_core.stamping import expire
from testkit.builders import KOLKATA, NEW_YORK, NOON, a_customer, a_program, a_reward, an_occasion, at
from tests.core.shop import Shop


def a_shop_that_owes(rewards: int, **terms: object) -> Shop:
    """Each reward is a minute younger than the one before."""
    shop = Shop(a_program(stamps_required=1, **terms))
    for _ in range(rewards):
        shop.stamp()
        shop.wait(minutes=1)
    return shop


def test_redeeming_hands_out_the_oldest_available_reward() -> None:
    assert [a_shop_that_owes(3).redeem().reward.id] == [1]


def test_age_not_number_makes_a_reward_the_oldest() -> None:
    young, old = a_reward(id=1, earned_at=at("12:00")), a_reward(id=2, earned_at=at("11:00"))
    assert choose((young, old), None, NOON) is old


def test_of_rewards_earned_at_the_same_moment_the_lower_number_goes_first() -> None:
    assert choose((a_reward(id=2), a_reward(id=1)), None, NOON).id == 1


def test_the_oldest_reward_that_is_not_available_is_passed_over() -> None:
    shop = a_shop_that_owes(3)
    shop.redeem()
    assert shop.redeem().reward.id == 2


def test_a_reward_that_has_lapsed_is_passed_over_before_it_is_booked() -> None:
    lapsed = a_reward(id=1, expires_at=NOON)
    assert choose((lapsed, a_reward(id=2)), None, NOON).id == 2


def test_a_named_reward_is_handed_out_even_if_it_is_not_the_oldest() -> None:
    assert a_shop_that_owes(3).redeem(2).reward.id == 2


def test_a_redeemed_reward_says_when() -> None:
    shop = a_shop_that_owes(1)
    assert shop.redeem().reward.redeemed_at == shop.now
    assert shop.with_status(RewardStatus.REDEEMED) == [1]


def test_redeeming_takes_one_from_the_available_and_none_from_the_earned() -> None:
    shop = a_shop_that_owes(2)
    shop.redeem()
    assert (shop.card.rewards_available, shop.card.rewards_earned) == (1, 2)


def test_redeeming_is_no_visit() -> None:
    shop = a_shop_that_owes(1)
    visits = shop.card.total_visits
    shop.redeem()
    assert shop.card.total_visits == visits


def test_a_redemption_is_an_entry_that_names_its_reward() -> None:
    shop = a_shop_that_owes(1)
    entry = shop.entries[shop.redeem().transaction_id]
    assert (entry.type, entry.reward_id, entry.stamps) == (EntryType.REDEEM, 1, 0)


def test_a_redemption_tells_reward_redeemed_with_all_of_the_answer() -> None:
    shop = a_shop_that_owes(1)
    answer = shop.redeem()
    assert (event_type(shop.events[-1]), shop.events[-1].data) == ("reward.redeemed", answer)


def test_a_redemption_counts_in_the_totals_of_its_day() -> None:
    shop = a_shop_that_owes(1)
    shop.wait(days=1)
    shop.redeem()
    assert shop.totals[date(2026, 3, 3)].rewards_redeemed == 1


def test_without_a_reward_there_is_nothing_to_redeem() -> None:
    with pytest.raises(NoRewardAvailable):
        Shop().redeem()


def test_where_the_last_reward_has_lapsed_it_is_told_when_in_the_time_of_the_shop() -> None:
    ended = a_reward(expires_at=at("18:30", day="2026-03-03").astimezone(UTC))
    with pytest.raises(NoRewardAvailable) as refused:
        choose((ended,), None, at(day="2026-03-05", zone=KOLKATA))
    told = refused.value.expires_at
    assert told == ended.expires_at
    assert told is not None
    assert told.isoformat() == "2026-03-04T00:00:00+05:30"


def test_a_redeemed_reward_cannot_be_redeemed_again() -> None:
    shop = a_shop_that_owes(1)
    shop.redeem()
    shop.wait(minutes=5)
    with pytest.raises(RewardAlreadyRedeemed) as refusal:
        shop.redeem(1)
    assert str(refusal.value) == "Reward 1 was already redeemed, 5 minutes ago."


def test_a_redemption_in_the_hour_that_comes_twice_was_as_long_ago_as_it_was() -> None:
    shop = Shop(a_program(stamps_required=1), now=at("01:50", day="2026-11-01", zone=NEW_YORK))
    shop.stamp()
    shop.redeem()
    shop.wait(minutes=15)
    with pytest.raises(RewardAlreadyRedeemed, match="15 minutes ago"):
        shop.redeem(1)


def test_in_the_hour_that_comes_twice_the_oldest_reward_is_still_the_oldest() -> None:
    shop = Shop(a_program(stamps_required=1), now=at("01:50", day="2026-11-01", zone=NEW_YORK))
    shop.stamp()
    shop.wait(minutes=15)
    shop.stamp()
    assert shop.redeem().reward.id == 1


def test_an_unknown_reward_is_not_found() -> None:
    with pytest.raises(RewardNotFound) as refusal:
        a_shop_that_owes(1).redeem(99)
    assert str(refusal.value) == "This customer has no reward 99. The list of their rewards shows those that there are."


def test_a_voided_reward_cannot_be_redeemed() -> None:
    shop = a_shop_that_owes(1)
    shop.void(1)
    with pytest.raises(NoRewardAvailable):
        shop.redeem(1)


def test_a_voided_reward_is_no_expired_one_though_its_time_is_over_too() -> None:
    with pytest.raises(NoRewardAvailable):
        choose((a_reward(status=RewardStatus.VOIDED, expires_at=at("11:00")),), 1, NOON)


def test_a_lapsed_reward_is_refused_with_the_local_time_of_its_end() -> None:
    shop = Shop(a_program(stamps_required=1, reward_valid_days=1), now=at(zone=KOLKATA))
    shop.stamp()
    shop.wait(days=2)
    with pytest.raises(RewardExpired) as refusal:
        shop.redeem(1)
    assert str(refusal.value) == "Reward 1 could be redeemed until 2026-03-04 00:00."


def test_the_end_of_a_stored_reward_is_told_in_the_time_of_the_shop() -> None:
    ended = a_reward(expires_at=at("18:30", day="2026-03-03").astimezone(UTC))
    with pytest.raises(RewardExpired, match="until 2026-03-04 00:00"):
        choose((ended,), 1, at(day="2026-03-05", zone=KOLKATA))


def test_a_reward_booked_as_expired_is_refused_as_expired() -> None:
    shop = a_shop_that_owes(1, reward_valid_days=1)
    shop.wait(days=2)
    shop.expire()
    with pytest.raises(RewardExpired):
        shop.redeem(1)


def test_a_reward_is_valid_to_the_end_of_its_last_whole_day() -> None:
    shop = Shop(a_program(stamps_required=1, reward_valid_days=1), now=at("09:15", zone=KOLKATA))
    shop.stamp()
    assert shop.rewards[1].expires_at == at("00:00", day="2026-03-04", zone=KOLKATA)


def test_the_last_day_ends_at_midnight_though_the_clocks_changed_on_the_way() -> None:
    shop = Shop(a_program(stamps_required=1, reward_valid_days=2), now=at("20:00", day="2026-03-06", zone=NEW_YORK))
    shop.stamp()
    assert shop.rewards[1].expires_at == at("04:00", day="2026-03-09", zone=UTC)


def test_a_reward_can_be_redeemed_a_second_before_its_end_and_not_at_it() -> None:
    reward = a_reward(expires_at=at("00:00", day="2026-03-04"))
    assert choose((reward,), 1, at("23:59:59", day="2026-03-03")) is reward
    with pytest.raises(RewardExpired):
        choose((reward,), 1, at("00:00", day="2026-03-04"))


def test_without_a_validity_a_reward_never_lapses() -> None:
    shop = a_shop_that_owes(1)
    shop.wait(days=20_000)
    assert shop.redeem().reward.expires_at is None


def test_a_changed_validity_leaves_earned_rewards_alone() -> None:
    shop = a_shop_that_owes(1)
    shop.change(reward_valid_days=1)
    assert shop.rewards[1].expires_at is None


def test_a_lapsed_reward_is_booked_as_expired_once() -> None:
    shop = a_shop_that_owes(1, reward_valid_days=1)
    shop.wait(days=2)
    assert [(booked.reward.id, booked.reward.status) for booked in shop.expire()] == [(1, RewardStatus.EXPIRED)]
    assert shop.expire() == []


def test_booking_an_expiry_takes_the_reward_off_the_available_ones() -> None:
    shop = a_shop_that_owes(2, reward_valid_days=1)
    shop.wait(days=2)
    shop.expire()
    assert (shop.card.rewards_available, shop.card.rewards_earned) == (0, 2)
    assert shop.with_status(RewardStatus.EXPIRED) == [1, 2]


def test_an_expiry_is_an_entry_and_a_figure_of_the_day_on_which_it_is_booked() -> None:
    shop = a_shop_that_owes(1, reward_valid_days=1)
    shop.wait(days=2)
    entry = shop.entries[shop.expire()[0].transaction_id]
    assert (entry.type, entry.reward_id) == (EntryType.EXPIRE, 1)
    assert shop.totals[date(2026, 3, 4)].rewards_expired == 1


def test_a_reward_whose_time_is_not_over_is_not_booked() -> None:
    reward = a_reward(expires_at=at("12:01"))
    assert expire(a_customer(), a_program(), reward, at=an_occasion(NOON)) is None


@pytest.mark.parametrize("status", [RewardStatus.REDEEMED, RewardStatus.VOIDED, RewardStatus.EXPIRED])
def test_only_available_rewards_lapse(status: RewardStatus) -> None:
    assert replace(a_reward(expires_at=NOON), status=status).lapsed(at("13:00")) is False
