"""The law-book of rotating codes: what is good when, how often, and for what."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty_core.customers import ALPHABET, SEAL_LETTERS, ShownCode, parse_code, read_code
from loyalty_core.errors import CODE_REFUSALS, CodeExpired, CodeUsed, LoyaltyError, RotatingCodeRequired
from loyalty_core.ledger import EntryType
from loyalty_core.programs import CardCodes
from loyalty_core.rotating_codes import (
    AFTER_STAMP,
    LATE_AROUND,
    STEP_SECONDS,
    STEPS_TOLD,
    Showing,
    begin_of,
    check_code,
    look_at_seal,
    seal_of,
    step_at,
)
from testkit.builders import CODE, NOON, patiently
from tests.core.test_codes import spelled

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
STAMP, REDEEM = EntryType.STAMP, EntryType.REDEEM
ALL, ONLY_REDEEM = CardCodes.ROTATING_ALL, CardCodes.ROTATING_REDEEM
SHOPS_THAT_ASK = [(ALL, STAMP), (ALL, REDEEM), (ONLY_REDEEM, REDEEM)]
SECONDS = timedelta(seconds=1)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # aware by `timezones`


def shown_at(moment: datetime, *, card: str = CODE, key: bytes = KEY) -> ShownCode:
    """What the card shows at a moment."""
    return ShownCode(card, seal_of(card, step_at(moment), key))


def showing(shown: ShownCode, at: datetime, *, keys: Iterable[bytes] = (KEY,), around: int = 1) -> Showing:
    """That code, held before a scanner at a moment."""
    return Showing(at=at, seal=look_at_seal(shown, keys, at), around=around)


def is_taken(policy: CardCodes, act: EntryType, held: Showing) -> bool:
    try:
        check_code(policy, act, held)
    except CODE_REFUSALS:
        return False
    return True


@patiently
@given(MOMENTS, st.integers(-5000, 5000), st.sampled_from(SHOPS_THAT_ASK))
def test_a_code_is_good_in_its_step_and_the_two_beside_it_and_never_else(
    made: datetime, steps: int, asked: tuple[CardCodes, EntryType]
) -> None:
    held = showing(shown_at(made), made + steps * STEP_SECONDS * SECONDS)
    assert is_taken(*asked, held) == (abs(steps) <= 1)


@patiently
@given(MOMENTS, st.integers(-20, 20))
def test_where_a_till_tells_the_time_its_clock_may_be_two_minutes_off(made: datetime, steps: int) -> None:
    held = showing(shown_at(made), made + steps * STEP_SECONDS * SECONDS, around=LATE_AROUND)
    assert is_taken(ALL, STAMP, held) == (abs(steps) <= LATE_AROUND)


@patiently
@given(MOMENTS, st.sampled_from(ALPHABET), st.integers(0, SEAL_LETTERS - 1))
def test_a_seal_with_another_letter_is_worth_nothing(made: datetime, letter: str, place: int) -> None:
    shown = shown_at(made)
    seal = f"{shown.seal}"
    forged = seal[:place] + letter + seal[place + 1 :]
    looked_at = look_at_seal(replace(shown, seal=forged), [KEY], made)
    assert looked_at is not None
    assert (looked_at.step == step_at(made)) == (forged == seal)


def test_the_seal_of_another_card_or_another_shop_is_worth_nothing() -> None:
    seal = shown_at(NOON).seal
    of_another_card = ShownCode("CUS9999999999", seal)
    assert not is_taken(ALL, STAMP, showing(of_another_card, NOON))
    assert not is_taken(ALL, STAMP, showing(shown_at(NOON), NOON, keys=[OTHER_KEY]))
    assert not is_taken(ALL, STAMP, showing(shown_at(NOON), NOON, keys=[]))


def test_while_the_key_is_changed_codes_of_both_keys_are_good() -> None:
    for key in (KEY, OTHER_KEY):
        assert is_taken(ALL, STAMP, showing(shown_at(NOON, key=key), NOON, keys=[KEY, OTHER_KEY]))


@pytest.mark.parametrize(("policy", "act"), SHOPS_THAT_ASK)
@pytest.mark.parametrize("seconds", [0, 29, 60, 3600])
def test_a_used_code_is_not_taken_again_for_the_same_thing(policy: CardCodes, act: EntryType, seconds: int) -> None:
    held = replace(showing(shown_at(NOON), NOON + seconds * SECONDS), uses={act: NOON})
    with pytest.raises(CodeUsed):
        check_code(policy, act, held)


def test_a_code_that_was_stamped_redeems_once_for_five_minutes_more() -> None:
    soon, late = NOON + AFTER_STAMP, NOON + AFTER_STAMP + SECONDS
    held = replace(showing(shown_at(NOON), soon), uses={STAMP: NOON})
    assert check_code(ALL, REDEEM, held)
    with pytest.raises(CodeExpired):
        check_code(ALL, REDEEM, replace(held, at=late))
    with pytest.raises(CodeUsed):
        check_code(ALL, REDEEM, replace(held, uses={STAMP: NOON, REDEEM: NOON}))


def test_a_code_that_redeemed_stamps_only_while_it_is_fresh() -> None:
    held = replace(showing(shown_at(NOON), NOON), uses={REDEEM: NOON})
    assert check_code(ALL, STAMP, held)
    with pytest.raises(CodeExpired):
        check_code(ALL, STAMP, replace(held, at=NOON + 2 * STEP_SECONDS * SECONDS))


@pytest.mark.parametrize(("policy", "act"), SHOPS_THAT_ASK)
def test_the_code_of_the_card_alone_is_refused_where_a_rotating_one_is_asked_for(
    policy: CardCodes, act: EntryType
) -> None:
    with pytest.raises(RotatingCodeRequired):
        check_code(policy, act, showing(ShownCode(CODE), NOON))


@pytest.mark.parametrize("policy", CardCodes)
@pytest.mark.parametrize("act", [STAMP, REDEEM])
def test_who_finds_the_card_without_a_code_needs_none(policy: CardCodes, act: EntryType) -> None:
    assert not check_code(policy, act, Showing(at=NOON, by_code=False))


@pytest.mark.parametrize("act", [STAMP, REDEEM])
def test_a_shop_with_fixed_codes_takes_every_code_of_the_card_and_notes_none(act: EntryType) -> None:
    old = showing(shown_at(NOON), NOON + timedelta(days=1))
    for held in (old, showing(shown_at(NOON), NOON), showing(ShownCode(CODE), NOON), replace(old, uses={act: NOON})):
        assert not check_code(CardCodes.FIXED, act, held)


def test_where_only_redeeming_asks_for_it_a_stamp_takes_every_code_and_notes_a_good_one() -> None:
    fresh, policy = showing(shown_at(NOON), NOON), ONLY_REDEEM
    assert check_code(policy, STAMP, fresh)
    assert not check_code(policy, STAMP, replace(fresh, uses={STAMP: NOON}))
    assert not check_code(policy, STAMP, replace(fresh, at=NOON + timedelta(hours=1)))
    assert not check_code(policy, STAMP, showing(ShownCode(CODE), NOON))


def test_a_code_that_was_read_in_time_may_be_used_later_but_once() -> None:
    later = NOON + timedelta(minutes=20)
    held = showing(replace(shown_at(NOON), read_before=True), later)
    assert check_code(ALL, STAMP, held)
    with pytest.raises(CodeUsed):
        check_code(ALL, STAMP, replace(held, uses={STAMP: NOON}))
    forged = showing(ShownCode(CODE, "0" * SEAL_LETTERS, read_before=True), later)
    with pytest.raises(CodeExpired):
        check_code(ALL, STAMP, forged)


@patiently
@given(MOMENTS, st.integers(-(STEPS_TOLD // 2), STEPS_TOLD // 2 - 1))
def test_the_letters_tell_which_step_it_was_for_four_hours_to_either_side(made: datetime, steps: int) -> None:
    looked_at = look_at_seal(shown_at(made), [KEY], made - steps * STEP_SECONDS * SECONDS)
    assert looked_at is not None
    assert looked_at.step == step_at(made)


def test_a_step_begins_at_the_half_minute_before() -> None:
    assert begin_of(step_at(NOON + 59 * SECONDS)) == NOON + 30 * SECONDS


@patiently
@given(MOMENTS)
def test_a_step_begins_at_a_half_minute_and_lasts_thirty_seconds(moment: datetime) -> None:
    begin = begin_of(step_at(moment))
    assert begin <= moment < begin + STEP_SECONDS * SECONDS
    assert begin.second in {0, 30}


@patiently
@given(st.data(), MOMENTS)
def test_a_rotating_code_is_read_back_in_every_spelling(data: st.DataObject, moment: datetime) -> None:
    shown = shown_at(moment)
    typed = data.draw(spelled(f"{shown.card}{shown.seal}"))
    assert read_code(typed) == shown
    assert parse_code(typed) == shown.card


def test_a_code_with_half_a_seal_is_no_code() -> None:
    whole = f"{CODE}{shown_at(NOON).seal}"
    assert [read_code(whole[:-cut]) for cut in range(1, SEAL_LETTERS)] == [None] * (SEAL_LETTERS - 1)
    assert read_code(whole + "0") is None


def test_a_shown_code_is_passed_on_as_a_whole() -> None:
    shown = shown_at(NOON)
    assert read_code(shown.whole) == shown
    assert ShownCode(CODE).whole == CODE


def test_every_refusal_of_a_code_says_what_to_do() -> None:
    refusals: list[LoyaltyError] = [kind() for kind in CODE_REFUSALS]
    assert all("guest" in str(refusal) for refusal in refusals)
    assert [refusal.code for refusal in refusals] == ["rotating_code_required", "code_expired", "code_used"]
