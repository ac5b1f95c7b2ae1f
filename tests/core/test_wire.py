"""The law-book of the wire: what goes out has exactly the names that integrators were told, and times with Z."""

from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

import msgspec
import pytest
from msgspec.structs import replace

from loyalty_core.analytics import CurrentFigures, period_of, summarise
from loyalty_core.customers import Card, Profile, ProfileChange
from loyalty_core.events import Event, event_type
from loyalty_core.joining import erase, join, update
from loyalty_core.merging import merge
from loyalty_core.outcomes import Stamped
from loyalty_core.programs import Surplus
from loyalty_core.rewards import RewardStatus
from loyalty_core.unmerging import MergedCard, unmerge
from loyalty_core.views import (
    customer_details,
    customer_view,
    program_view,
    reward_view,
    transaction_view,
)
from loyalty_core.voiding import History
from testkit.builders import KOLKATA, a_customer, a_new_card, a_program, a_reward, an_occasion, at
from tests.core.shop import Shop

CUSTOMER = (
    "id qr_code name phone email birthday current_stamps stamps_required total_stamps total_visits rewards_earned "
    "rewards_available last_visit_at created_at updated_at version cards"
)
TRANSACTION = (
    "id type stamps customer_id reward_id branch_id order_ref actor occurred_at voided_by voids bonus_stamps occasion "
    "program_id"
)
REWARD = "id customer_id description status earned_at redeemed_at expires_at program_id"
STAMPED = (
    "transaction_id stamps_added current_stamps stamps_required total_stamps reward_earned rewards customer "
    "bonus_stamps program_id"
)
PROGRAM = (
    "name stamps_required reward_description surplus cooldown_seconds daily_stamp_cap reward_valid_days "
    "updated_at version steps opening_stamps bonus_hours birthday win_back referral id title main archived"
)
WIRE_NAMES = {
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.merged",
    "customer.unmerged",
    "stamp.added",
    "reward.earned",
    "reward.redeemed",
    "transaction.voided",
}


def wire(view: object) -> Any:  # noqa: ANN401 - JSON is whatever it is
    """A view as it arrives: encoded and read again."""
    return msgspec.json.decode(msgspec.json.encode(view))


def names(view: object) -> str:
    return " ".join(wire(view))


@pytest.fixture
def shop() -> Shop:
    """A shop in Kolkata where one of everything has happened: entry 1 a stamp, 2 a redemption, 3 its undoing."""
    shop = Shop(a_program(stamps_required=2, reward_valid_days=1), now=at("01:30", zone=KOLKATA))
    shop.stamp(2)
    shop.void(shop.redeem().transaction_id)
    return shop


def test_a_customer_has_the_fields_of_the_contract(shop: Shop) -> None:
    assert names(customer_view(shop.customer, shop.program)) == CUSTOMER


def test_a_customers_stamps_required_is_the_goal_of_the_running_card() -> None:
    shop = Shop(a_program(stamps_required=8))
    shop.stamp(1)
    shop.change(stamps_required=12)
    assert customer_view(shop.customer, shop.program).stamps_required == 8


def test_details_are_a_customer_with_transactions_and_rewards(shop: Shop) -> None:
    view = customer_view(shop.customer, shop.program)
    details = customer_details(view, entries=shop.entries.values(), rewards=shop.rewards.values(), opted_out=True)
    assert names(details) == f"{CUSTOMER} recent_transactions rewards opted_out"
    assert names(details.recent_transactions[0]) == TRANSACTION
    assert names(details.rewards[0]) == REWARD


def test_a_transaction_has_the_fields_of_the_contract(shop: Shop) -> None:
    assert names(transaction_view(shop.entries[2])) == TRANSACTION


def test_a_transaction_shows_what_the_ledger_holds(shop: Shop) -> None:
    assert wire(transaction_view(shop.entries[2])) == {
        "id": 2,
        "type": "redeem",
        "stamps": 0,
        "customer_id": 1,
        "reward_id": 1,
        "branch_id": None,
        "order_ref": None,
        "actor": {"type": "staff", "id": 7, "name": "Ana"},
        "occurred_at": "2026-03-01T20:00:00Z",
        "voided_by": 3,
        "voids": None,
        "bonus_stamps": 0,
        "occasion": None,
        "program_id": 1,
    }
    assert transaction_view(shop.entries[3]).voids == 2


def test_a_reward_has_the_fields_of_the_contract(shop: Shop) -> None:
    assert names(reward_view(shop.rewards[1])) == REWARD


def test_a_reward_whose_time_is_over_is_shown_as_expired_before_it_is_booked() -> None:
    lapsed = a_reward(expires_at=at("12:00"))
    assert reward_view(lapsed, at("12:00")).status is RewardStatus.EXPIRED
    assert reward_view(lapsed, at("11:59")).status is RewardStatus.AVAILABLE
    assert reward_view(lapsed).status is RewardStatus.AVAILABLE


def test_the_answer_to_a_stamp_has_the_fields_of_the_contract() -> None:
    answer = Shop(a_program(stamps_required=2)).stamp(2)
    assert names(answer) == STAMPED
    assert (names(answer.rewards[0]), names(answer.customer)) == (REWARD, CUSTOMER)


def test_the_answer_to_a_redemption_has_the_fields_of_the_contract(shop: Shop) -> None:
    answer = shop.redeem()
    assert names(answer) == "transaction_id reward customer"
    assert (names(answer.reward), names(answer.customer)) == (REWARD, CUSTOMER)


def test_the_answer_to_an_undo_has_the_fields_of_the_contract(shop: Shop) -> None:
    answer = shop.void(1)
    assert names(answer) == "transaction_id voided_transaction_id customer"
    assert names(answer.customer) == CUSTOMER


def test_a_program_has_the_fields_of_the_contract_and_shows_the_version_in_force() -> None:
    shop = Shop(a_program(surplus=Surplus.CARRY, cooldown_seconds=60, daily_stamp_cap=5, reward_valid_days=30))
    shop.change(stamps_required=9)
    seen = wire(program_view(shop.program, 1))
    assert " ".join(seen) == PROGRAM
    assert list(seen.values()) == [
        "Bean & Leaf",
        9,
        "A coffee",
        "carry",
        60,
        5,
        30,
        "2026-03-02T12:00:00Z",
        2,
        [],
        0,
        [],
        None,
        None,
        None,
        1,
        None,
        True,
        False,
    ]


def test_a_summary_has_the_fields_of_the_contract() -> None:
    standing = CurrentFigures(customers=1, outstanding=0, active=1, returning=0)
    seen = wire(summarise(period_of(2, date(2026, 3, 2), "Asia/Kolkata"), {}, standing))
    assert " ".join(seen) == "period customers visits stamps rewards daily"
    assert seen["period"] == {"days": 2, "from": "2026-03-01", "to": "2026-03-02", "timezone": "Asia/Kolkata"}
    assert " ".join(seen["customers"]) == "total new active returning"
    assert " ".join(seen["stamps"]) == "added voided"
    assert " ".join(seen["rewards"]) == "earned redeemed expired outstanding redemption_rate"
    assert " ".join(seen["daily"][0]) == "date visits stamps new_customers rewards_earned rewards_redeemed"


def told(shop: Shop) -> Iterator[Event]:
    """One event of each kind, and more."""
    yield from shop.events
    change = update(shop.customer, shop.program, ProfileChange(name="Lea"), at=shop.occasion())
    assert change is not None
    yield from change.events
    yield from merged_and_unmerged(shop)
    yield from erase(shop.customer, (), at=shop.occasion()).events


def merged_and_unmerged(shop: Shop) -> Iterator[Event]:
    """What a merge with somebody new tells, and taking it back."""
    other = History(customer=replace(shop.customer, id=2, card=Card()), program=shop.program, entries=(), rewards=())
    made = merge(shop.history(), other, at=shop.occasion())
    closed, change = (one.customer for one in made.changes)
    yield from made.changes[1].events
    common = replace(shop.history(), customer=change)
    card = MergedCard(common=common, other=closed, merge=made.merge, merged_at=shop.now, booked_for={2})
    yield from unmerge(card, at=shop.occasion()).changes[0].events


def test_the_types_of_events_are_the_names_that_integrators_were_told(shop: Shop) -> None:
    assert {kind.__struct_config__.tag for kind in get_args(Event)} == WIRE_NAMES | {"webhook.test"}
    assert {wire(event)["type"] for event in told(shop)} == WIRE_NAMES


def test_an_event_is_a_type_a_timestamp_and_data(shop: Shop) -> None:
    for event in told(shop):
        assert names(event) == "type timestamp data"
        assert wire(event)["type"] == event_type(event)
        assert wire(event)["timestamp"] == "2026-03-01T20:00:00Z"


def test_the_data_of_each_event_has_the_fields_of_the_contract(shop: Shop) -> None:
    assert {event_type(event): names(event.data) for event in told(shop)} == {
        "customer.created": "customer",
        "customer.updated": "customer changed",
        "customer.deleted": "id qr_code deleted",
        "customer.merged": "customer other",
        "customer.unmerged": "customer other",
        "stamp.added": STAMPED,
        "reward.earned": "reward customer",
        "reward.redeemed": "transaction_id reward customer",
        "transaction.voided": "transaction_id voided_transaction_id customer",
    }


def moments(value: object) -> Iterator[str]:
    """All times in a piece of JSON."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        if isinstance(item, str) and str(name).endswith(("_at", "timestamp")):
            yield item
        yield from moments(item)


def test_times_go_out_in_utc_with_z_wherever_the_shop_is(shop: Shop) -> None:
    shop.redeem()
    views = [*told(shop), program_view(shop.program, 1), *map(transaction_view, shop.entries.values())]
    seen = [moment for view in views for moment in moments(wire(view))]
    assert len(seen) > 30
    assert set(seen) == {"2026-03-01T20:00:00Z", "2026-03-03T18:30:00Z", "2026-03-02T12:00:00Z"}


def test_a_time_that_was_kept_as_a_local_one_goes_out_in_utc_too() -> None:
    local = at("01:30", zone=KOLKATA)
    shop = Shop()
    shop.stamp()
    lena = a_customer(created_at=local, updated_at=local, card=Card(last_visit_at=local))
    views = [
        customer_view(lena, shop.program),
        program_view(a_program(updated_at=local), 1),
        reward_view(a_reward(earned_at=local, redeemed_at=local, expires_at=local)),
        transaction_view(replace(shop.entries[1], occurred_at=local)),
    ]
    assert [moment for view in views for moment in moments(wire(view))] == 8 * ["2026-03-01T20:00:00Z"]


def test_what_did_not_happen_is_null() -> None:
    seen = wire(join(Profile(name="Lena"), a_program(), a_new_card(), at=an_occasion()).answer)
    assert [name for name, value in seen.items() if value is None] == ["phone", "email", "birthday", "last_visit_at"]


def test_an_answer_can_be_read_back_as_what_it_was() -> None:
    answer = Shop(a_program(stamps_required=2, reward_valid_days=1), now=at(zone=KOLKATA)).stamp(2)
    assert msgspec.json.decode(msgspec.json.encode(answer), type=Stamped) == answer


def structs(of: type[msgspec.Struct] = msgspec.Struct) -> Iterator[type[msgspec.Struct]]:
    """All structs of the core, however deep."""
    for kind in of.__subclasses__():
        if kind.__module__.startswith("loyalty_core"):
            yield kind
        yield from structs(kind)


def test_nothing_that_the_rules_hand_out_can_be_changed_afterwards() -> None:
    assert [kind.__name__ for kind in structs() if not kind.__struct_config__.frozen] == []
