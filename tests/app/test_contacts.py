"""Contacts: numbers and addresses in one form, or a refusal that says what would be right."""

import re
from contextlib import suppress

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from loyalty_app.contacts import checked_change, checked_email, checked_phone, checked_profile
from loyalty_core.customers import Profile, ProfileChange
from loyalty_core.errors import InvalidRequest
from loyalty_core.number_plans import one_number


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("+1 (415) 555-2671", None, "+14155552671"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("030 901820", "DE", "+4930901820"),
        ("+49 30 901820", "US", "+4930901820"),
        ("098765 43210", "IN", "+919876543210"),
        ("+442079460958", "DE", "+442079460958"),
        ("＋４９ ３０ ９０１８２０", None, "+4930901820"),
        ("tel:+1-415-555-2671", None, "+14155552671"),
        ("030 123456 privat", "DE", "+4930123456"),
        ("+49 151 23456789 Mama", "DE", "+4915123456789"),
        ("телефон 8 (916) 123-45-67", "RU", "+79161234567"),
        ("٠٥٠ ١٢٣ ٤٥٦٧ منزل", "AE", "+971501234567"),
        ("+4\ufe0d930901820", None, "+4930901820"),
        ("\u202a+49\u202c\u00a030\u2011901820\u2069", "US", "+4930901820"),
        ("+49 (0)30 901820", None, "+4930901820"),
        ("4915123456789", "DE", "+4915123456789"),
        ("15123456789", "DE", "+4915123456789"),
        ("011 49 30 901820", "US", "+4930901820"),
        ("+683 4002", None, "+6834002"),
        ("11 6677-3399", "AR", "+5491166773399"),
        ("011 15 6677-3399", "AR", "+5491166773399"),
        ("044 55 1234 5678", "MX", "+525512345678"),
        ("11 8765-4321", "BR", "+5511987654321"),
        ("07 12 34 56", "CI", "+2250707123456"),
        ("97 00 00 00", "BJ", "+2290197000000"),
        ("0120 1234567", "VN", "+84701234567"),
        ("1 234 5678", "CO", "+576012345678"),
        ("0055 11 8765-4321", "BR", "+5511987654321"),
        ("0057 300 1234567", "CO", "+573001234567"),
        ("0049 30 901820", "US", "+4930901820"),
        ("0021 49 30 901820", "BR", "+4930901820"),
    ],
)
def test_a_phone_number_is_kept_with_its_country_code(typed: str, country: str | None, kept: str) -> None:
    assert checked_phone(typed, country) == kept


@pytest.mark.parametrize(
    ("typed", "country"),
    [
        ("415 555 2671", None),
        ("12", "US"),
        ("call me", "US"),
        ("", "US"),
        ("+", None),
        ("+1234567890123456789", None),
        ("+999 12345678", None),
        ("\0", "US"),
        ("00000000", "US"),
        ("555-2671", "US"),
        ("+1 555 2671", None),
        ("110", "DE"),
        ("112", "FR"),
        ("911", "US"),
        ("000", "AU"),
        ("10086", "CN"),
        ("116117", "DE"),
        ("+49 116117", None),
        ("12345", "DE"),
        ("Haus 12345", "DE"),
        ("0800 REWE", "DE"),
        ("0800 123 REWE", "DE"),
        ("1-800-FLOWERS", "US"),
        ("*100#", "DE"),
    ],
)
def test_what_is_no_phone_number_is_refused_with_what_would_be_right(typed: str, country: str | None) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        checked_phone(typed, country)
    [error] = refusal.value.errors
    assert error.pointer == "/phone"
    assert "as +14155552671" in error.message
    assert country is None or country in error.message


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS)[::4])
def test_numbers_of_all_countries_are_read_as_people_there_write_them(region: str) -> None:
    """Every fourth country: loading what the library knows of one takes 10 ms."""
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    for number in filter(None, (phonenumbers.example_number_for_type(region, kind) for kind in kinds)):
        kept = one_number(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
        for form in range(4):  # E.164, international, national, RFC 3966
            written = phonenumbers.format_number(number, form)
            pasted = written.replace(" ", "\u00a0").replace("-", "\u2011")
            for typed in (written, f"Mama {written}", f"{written} privat", f"\u2066{pasted}\u2069"):
                assert checked_phone(typed, region) == kept, typed


@pytest.mark.parametrize("typed", ["415 CALL 55", "(415) 555-2671 ext. 12", "415 555 2671, 415 555 2672"])
def test_a_number_with_more_between_its_digits_is_refused_with_what_to_do(typed: str) -> None:
    with pytest.raises(InvalidRequest, match="give"):
        checked_phone(typed, "US")


@given(st.text(max_size=40), st.sampled_from([None, "US", "DE", "IN"]))
def test_any_text_is_a_phone_number_in_one_form_or_is_refused(typed: str, country: str | None) -> None:
    try:
        kept = checked_phone(typed, country)
    except InvalidRequest:
        return
    assert re.fullmatch(r"\+[0-9]{4,18}", kept)
    assert len(kept) <= 20, "the column holds no more"


@given(st.integers(min_value=2_000_000_000, max_value=9_999_999_999))
def test_a_kept_phone_number_is_kept_as_it_is(number: int) -> None:
    kept = checked_phone(f"+1{number}", None)
    assert checked_phone(kept, "DE") == kept


def test_an_address_is_kept_in_its_normal_form() -> None:
    assert checked_email("Lena.M@EXAMPLE.com") == "Lena.M@example.com"
    assert checked_email("lena@münchen.example") == "lena@münchen.example"


@pytest.mark.parametrize(
    "typed", ["lena", "lena@", "@example.com", "a b@example.com", "lena@example", "a@b@c.com", "\0"]
)
def test_what_is_no_address_is_refused_with_what_would_be_right(typed: str) -> None:
    with pytest.raises(InvalidRequest, match="email: must be an e-mail address, as"):
        checked_email(typed)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_is_refused(typed: str) -> None:
    with suppress(InvalidRequest):
        assert "@" in checked_email(typed)


def test_a_profile_may_do_without_phone_and_address() -> None:
    assert checked_profile(Profile(name="Lena"), None) == Profile(name="Lena")


def test_a_profile_is_kept_with_both_in_their_normal_form() -> None:
    kept = checked_profile(Profile(name="Lena", phone="(415) 555-2671", email="lena@EXAMPLE.com"), "US")
    assert (kept.phone, kept.email) == ("+14155552671", "lena@example.com")


def test_a_change_keeps_what_is_not_named_and_may_take_away() -> None:
    change = checked_change(ProfileChange(phone=None, email="lena@EXAMPLE.com"), "US")
    assert (change.name, change.phone, change.email) == (UNSET, None, "lena@example.com")
    assert checked_change(ProfileChange(phone="(415) 555-2671"), "US").phone == "+14155552671"
