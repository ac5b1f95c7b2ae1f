"""The law-book of what people may send: limits, and nothing that was not asked for."""

from typing import Annotated, get_args, get_origin

import msgspec
import pytest

from loyalty_core import fields
from loyalty_core.customers import Profile, ProfileChange, clean_order_ref
from loyalty_core.errors import InvalidRequest
from loyalty_core.fields import Reason
from loyalty_core.programs import ProgramChange
from loyalty_core.stamping import RedeemOrder, StampOrder

Order = type[StampOrder | RedeemOrder | Profile | ProfileChange | ProgramChange]


def read(order: Order, **sent: object) -> object:
    return getattr(msgspec.convert(sent, order), next(iter(sent)))


@pytest.mark.parametrize(
    ("order", "field", "value"),
    [
        (StampOrder, "stamps", 1),
        (StampOrder, "stamps", 10),
        (StampOrder, "branch_id", None),
        (StampOrder, "branch_id", 2**63 - 1),
        (StampOrder, "order_ref", "Order #17 / \u6771\u4eac"),
        (StampOrder, "order_ref", "X"),
        (StampOrder, "order_ref", "X" * 100),
        (RedeemOrder, "reward_id", None),
        (RedeemOrder, "reward_id", 1),
        (Profile, "name", "X"),
        (Profile, "name", "X" * 200),
        (ProfileChange, "phone", None),
        (ProfileChange, "phone", "1"),
        (ProfileChange, "phone", "1" * 40),
        (ProfileChange, "email", "a@b"),
        (ProfileChange, "email", "a" * 254),
        (ProgramChange, "stamps_required", 1),
        (ProgramChange, "stamps_required", 100),
        (ProgramChange, "reward_description", "X"),
        (ProgramChange, "reward_description", "X" * 200),
        (ProgramChange, "surplus", "carry"),
        (ProgramChange, "cooldown_seconds", 0),
        (ProgramChange, "cooldown_seconds", 31_536_000),
        (ProgramChange, "daily_stamp_cap", 1),
        (ProgramChange, "daily_stamp_cap", None),
        (ProgramChange, "daily_stamp_cap", 1_000),
        (ProgramChange, "reward_valid_days", 1),
        (ProgramChange, "reward_valid_days", None),
        (ProgramChange, "reward_valid_days", 3_650),
    ],
)
def test_what_is_within_the_limits_is_taken(order: Order, field: str, value: object) -> None:
    assert read(order, **{field: value}) == value


@pytest.mark.parametrize(
    ("order", "field", "value"),
    [
        (StampOrder, "stamps", 0),
        (StampOrder, "stamps", 11),
        (StampOrder, "stamps", 1.5),
        (StampOrder, "stamps", "3"),
        (StampOrder, "stamps", True),
        (StampOrder, "stamps", None),
        (StampOrder, "branch_id", 0),
        (StampOrder, "branch_id", 2**63),
        (StampOrder, "order_ref", ""),
        (StampOrder, "order_ref", "X" * 101),
        (RedeemOrder, "reward_id", 0),
        (RedeemOrder, "reward_id", 2**63),
        (Profile, "name", ""),
        (Profile, "name", "X" * 201),
        (Profile, "name", None),
        (ProfileChange, "name", None),
        (ProfileChange, "phone", ""),
        (ProfileChange, "phone", "1" * 41),
        (ProfileChange, "email", "a@"),
        (ProfileChange, "email", "a" * 255),
        (ProfileChange, "birthday", "yesterday"),
        (ProgramChange, "stamps_required", 0),
        (ProgramChange, "stamps_required", 101),
        (ProgramChange, "stamps_required", None),
        (ProgramChange, "reward_description", ""),
        (ProgramChange, "reward_description", "X" * 201),
        (ProgramChange, "reward_description", "A\x7f"),
        (ProgramChange, "surplus", "drop"),
        (ProgramChange, "cooldown_seconds", -1),
        (ProgramChange, "cooldown_seconds", 31_536_001),
        (ProgramChange, "daily_stamp_cap", 0),
        (ProgramChange, "daily_stamp_cap", 1_001),
        (ProgramChange, "reward_valid_days", 0),
        (ProgramChange, "reward_valid_days", 3_651),
    ],
)
def test_what_is_beyond_the_limits_is_refused(order: Order, field: str, value: object) -> None:
    with pytest.raises(msgspec.ValidationError, match=rf"\$\.{field}"):
        read(order, **{field: value})


@pytest.mark.parametrize("order", [StampOrder, RedeemOrder, Profile, ProfileChange, ProgramChange])
def test_a_field_that_nobody_asked_for_is_refused(order: Order) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `stampz`"):
        msgspec.convert({"name": "Lena", "stampz": 3} if order is Profile else {"stampz": 3}, order)


def test_an_order_that_says_nothing_is_one_stamp() -> None:
    assert msgspec.convert({}, StampOrder) == StampOrder(stamps=1, branch_id=None, order_ref=None)


def test_an_order_that_says_nothing_redeems_the_oldest_reward() -> None:
    assert msgspec.convert({}, RedeemOrder) == RedeemOrder(reward_id=None)


def test_a_change_that_says_nothing_changes_nothing() -> None:
    changes: list[ProfileChange | ProgramChange] = [ProfileChange(), ProgramChange()]
    for change in changes:
        assert {getattr(change, field) for field in change.__struct_fields__} == {msgspec.UNSET}


@pytest.mark.parametrize("name", [name for name, kind in vars(fields).items() if get_origin(kind) is Annotated])
def test_every_limit_is_said_in_words(name: str) -> None:
    assert get_args(getattr(fields, name))[1].description


def test_a_reason_is_a_text_of_one_line() -> None:
    for right in ("X", "Wrong card", "X" * 200):
        assert msgspec.convert(right, Reason) == right
    for wrong in ("", "X" * 201, "Wrong\ncard"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, Reason)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("A-17", "A-17"),
        (" A-17\r\n", "A-17"),
        ("\u200eA\u200b-17", "A-17"),
        ("Cafe\u0301", "Café"),
        ("東京 7", "東京 7"),
    ],
)
def test_orders_that_look_the_same_have_one_reference(sent: str, kept: str) -> None:
    assert clean_order_ref(sent) == kept


@pytest.mark.parametrize("sent", ["A\nB", "A\x00B", "\x00", "A\x7f", " ", "\u200b", "\u3164"])
def test_a_reference_of_an_order_can_be_seen_and_has_no_control_characters(sent: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        clean_order_ref(sent)
    assert [error.pointer for error in refused.value.errors] == ["/order_ref"]
