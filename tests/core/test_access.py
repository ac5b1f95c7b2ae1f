"""The law-book of access: keys and their typing errors, plans, scopes."""

import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.access import (
    DIGITS,
    KEY_LENGTH,
    KEY_RANDOM_BYTES,
    PLANS,
    Plan,
    PlanTerms,
    Role,
    Scope,
    base62,
    key_digest,
    make_key,
    public_id_of,
    requests_per_hour,
    require_api,
    require_role,
    require_scope,
)
from loyalty_core.errors import PlanRequired, RoleRequired, ScopeRequired
from testkit.builders import patiently

BYTES = st.binary(min_size=KEY_RANDOM_BYTES, max_size=KEY_RANDOM_BYTES)
KEY = make_key(bytes(range(KEY_RANDOM_BYTES)))


@patiently
@given(BYTES)
def test_the_public_part_of_a_key_is_read_back(random: bytes) -> None:
    key = make_key(random)
    assert public_id_of(key.text) == key.public_id


@patiently
@given(BYTES)
def test_a_key_is_ll_and_57_letters_and_digits(random: bytes) -> None:
    text = make_key(random).text
    assert (text[:3], len(text)) == ("ll_", 60)
    assert set(text[3:]) <= set(DIGITS)


@patiently
@given(BYTES, BYTES)
def test_different_random_bytes_make_different_keys(one: bytes, other: bytes) -> None:
    assert (make_key(one).text == make_key(other).text) == (one == other)


def test_the_largest_random_numbers_fit() -> None:
    key = make_key(b"\xff" * KEY_RANDOM_BYTES)
    assert key.text[3:11] == base62(2**40 - 1, 20)[-8:] == key.public_id
    assert key.text[11:54] == base62(2**256 - 1, 60)[-43:]
    assert base62(2**256 - 1, 60)[:17] == "0" * 17


def test_a_key_has_a_public_id_of_eight_letters_from_its_first_five_bytes() -> None:
    other_secret = make_key(bytes(range(5)) + bytes(32))
    assert len(KEY.public_id) == 8
    assert other_secret.public_id == KEY.public_id
    assert other_secret.text != KEY.text


def test_one_wrong_letter_anywhere_is_noticed() -> None:
    for place, letter in enumerate(KEY.text):
        for wrong in set(DIGITS + "_- ") - {letter}:
            assert public_id_of(KEY.text[:place] + wrong + KEY.text[place + 1 :]) is None


def test_two_neighbours_that_changed_places_are_noticed() -> None:
    for place in range(len(KEY.text) - 1):
        one, other = KEY.text[place], KEY.text[place + 1]
        if one != other:
            assert public_id_of(KEY.text[:place] + other + one + KEY.text[place + 2 :]) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ll_",
        "Bearer " + KEY.text,
        KEY.text[:-1],
        KEY.text + "0",
        " " + KEY.text,
        KEY.text + "\n",
        KEY.text.upper(),
        "sk_" + KEY.text[3:],
        "x" * KEY_LENGTH,
        KEY.text[:-1] + "\u0661",  # a digit, but not one of ours
    ],
)
def test_what_is_no_key_has_no_public_part(text: str) -> None:
    assert public_id_of(text) is None


@pytest.mark.parametrize(
    "body",
    [
        "ll_",
        KEY.text[:-7],  # a letter short
        KEY.text[:-6] + "0",  # a letter long
        "sk_" + KEY.text[3:-6],
        KEY.text[:-7] + "\u00e9",
    ],
)
def test_a_right_checksum_alone_makes_no_key(body: str) -> None:
    assert public_id_of(body + base62(zlib.crc32(body.encode()), 6)) is None


def test_what_is_kept_of_a_key_is_its_sha_256() -> None:
    assert KEY.digest == key_digest(KEY.text) == hashlib.sha256(KEY.text.encode()).digest()


@pytest.mark.parametrize(("number", "text"), [(0, "000"), (9, "009"), (10, "00A"), (61, "00z"), (62, "010")])
def test_numbers_are_written_in_base_62(number: int, text: str) -> None:
    assert base62(number, 3) == text


@pytest.mark.parametrize(
    ("plan", "terms"),
    [
        (Plan.TRIAL, PlanTerms(customers=25, api=False, requests_per_hour=0)),
        (Plan.BASIC, PlanTerms(customers=None, api=False, requests_per_hour=0)),
        (Plan.PROFESSIONAL, PlanTerms(customers=None, api=True, requests_per_hour=1_000)),
        (Plan.ENTERPRISE, PlanTerms(customers=None, api=True, requests_per_hour=10_000)),
    ],
)
def test_the_plans_hold_what_the_price_list_says(plan: Plan, terms: PlanTerms) -> None:
    assert PLANS[plan] == terms


@pytest.mark.parametrize("plan", [Plan.PROFESSIONAL, Plan.ENTERPRISE])
def test_professional_and_enterprise_have_the_api(plan: Plan) -> None:
    require_api(plan)


@pytest.mark.parametrize("plan", [Plan.TRIAL, Plan.BASIC])
def test_trial_and_basic_have_no_api(plan: Plan) -> None:
    with pytest.raises(PlanRequired) as refusal:
        require_api(plan)
    assert refusal.value.plan == plan
    assert str(refusal.value).endswith(f"this shop is on {plan.value}. Ask the operator for another plan.")


def test_an_enterprise_has_the_requests_that_were_agreed_or_else_the_plans() -> None:
    assert requests_per_hour(Plan.ENTERPRISE, 50_000) == 50_000
    assert requests_per_hour(Plan.ENTERPRISE, 0) == 0
    assert requests_per_hour(Plan.ENTERPRISE, None) == 10_000


def test_nothing_is_agreed_with_the_other_plans() -> None:
    assert requests_per_hour(Plan.PROFESSIONAL, 50_000) == 1_000
    assert requests_per_hour(Plan.TRIAL, 50_000) == 0


@pytest.mark.parametrize("scope", Scope)
def test_a_key_may_do_what_its_scopes_name_and_no_more(scope: Scope) -> None:
    require_scope([scope], scope)
    with pytest.raises(ScopeRequired) as refusal:
        require_scope(set(Scope) - {scope}, scope)
    assert refusal.value.scope == scope
    assert (
        str(refusal.value)
        == f"This API key lacks the scope {scope.value}. The owner of the shop can make a key that has it."
    )


def test_a_scope_is_named_by_its_thing_and_what_may_be_done_to_it() -> None:
    assert {scope.value.split(":")[1] for scope in Scope} == {"read", "write"}


def test_a_later_role_may_do_all_that_an_earlier_one_may() -> None:
    assert list(Role) == [Role.STAFF, Role.MANAGER, Role.OWNER]


@pytest.mark.parametrize(
    ("role", "needed"), [(Role.STAFF, Role.MANAGER), (Role.STAFF, Role.OWNER), (Role.MANAGER, Role.OWNER)]
)
def test_an_earlier_role_may_not_do_what_a_later_one_may(role: Role, needed: Role) -> None:
    with pytest.raises(RoleRequired) as refused:
        require_role(role, needed)
    assert refused.value.role == needed
    require_role(needed, role)


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_it_may_do(role: Role) -> None:
    require_role(role, role)
