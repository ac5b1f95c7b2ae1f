"""Telephones: phone numbers as E.164, in one form for each telephone (`loyalty_core/number_plans.py`).

What people type is read by `loyalty_core/phone_numbers.py`. A number with a country code may have any 8 to 15 digits,
because numbering plans change faster than libraries; one without must be possible in the business's country, and not
only locally. `contacts` loads this module for the first number: the library for numbers loads long.
"""

import phonenumbers

from loyalty_core.errors import InvalidRequest
from loyalty_core.number_plans import one_number
from loyalty_core.phone_numbers import Dialled, dialled, refused

SHORTEST, LONGEST = 8, 15
LOCAL = phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY
TRUNK = "0"
"""What most countries write before their numbers at home; numbers of the others are written without anything."""


def checked_telephone(text: str, country: str | None) -> str:
    """A phone number as E.164, in the one form in which its telephone is kept. Raises InvalidRequest.

    The number may be typed in any script, with words before or after it.
    """
    typed = dialled(text)
    if not typed.has_plus and _has_lost_its_plus(typed.digits, country):
        typed = Dialled(f"+{typed.digits}", typed.has_words)
    elif _has_00_for_its_plus(typed.digits, country):
        typed = Dialled(f"+{typed.digits[2:]}", typed.has_words)
    as_typed = _parsed(typed.digits, country)
    kept = one_number(phonenumbers.format_number(as_typed, phonenumbers.PhoneNumberFormat.E164))
    if not _can_be_called(typed, as_typed, phonenumbers.parse(kept), country):
        raise _wrong_phone(country)
    return kept


def _parsed(digits: str, country: str | None) -> phonenumbers.PhoneNumber:
    try:
        return phonenumbers.parse(digits, country, keep_raw_input=True)
    except phonenumbers.NumberParseException as error:
        raise _wrong_phone(country) from error


def _can_be_called(
    typed: Dialled, as_typed: phonenumbers.PhoneNumber, kept: phonenumbers.PhoneNumber, country: str | None
) -> bool:
    """Whether a number is a whole one: known to the library, or new to it and complete as it was typed.

    A number with words beside it must be known: else a house number would be a telephone.
    """
    if phonenumbers.is_valid_number(kept):
        return True
    possible = phonenumbers.is_possible_number_with_reason(kept)
    if typed.has_words or possible == LOCAL or phonenumbers.is_valid_short_number(kept):
        return False
    if not SHORTEST <= len(phonenumbers.national_significant_number(kept)) + len(str(kept.country_code)) <= LONGEST:
        return False
    if as_typed.country_code_source != phonenumbers.CountryCodeSource.FROM_DEFAULT_COUNTRY:
        return True
    return possible == phonenumbers.ValidationResult.IS_POSSIBLE and _has_its_trunk(typed.digits, country)


def _has_its_trunk(digits: str, country: str | None) -> bool:
    """Whether a number is written as at home. Without its 0 it may be one that is possible only locally."""
    return phonenumbers.ndd_prefix_for_region(country or "", True) != TRUNK or digits.startswith(TRUNK)  # noqa: FBT003


def _has_lost_its_plus(digits: str, country: str | None) -> bool:
    """Whether a number has its country code, and the + was lost, as in a spreadsheet.

    If it could also be a number of the shop's country, the mobile one counts. Raises InvalidRequest if both or none
    are.
    """
    code = str(phonenumbers.country_code_for_region(country)) if country else ""
    if not code or not digits.startswith(code):
        return False
    try:
        here, abroad = phonenumbers.parse(digits, country), phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return False
    if here == abroad or not phonenumbers.is_valid_number(abroad):
        return False
    return not phonenumbers.is_valid_number(here) or _is_the_mobile_one(digits, abroad, here)


def _has_00_for_its_plus(digits: str, country: str | None) -> bool:
    """Whether a number has 00 and its country code, also where people dial something else for other countries.

    Why: in Brazil and Colombia the digits after 00 choose a company, and 0055 11 … would be a number of North America.
    """
    if not digits.startswith("00"):
        return False
    try:
        abroad = phonenumbers.parse(f"+{digits[2:]}")
    except phonenumbers.NumberParseException:
        return False
    if not phonenumbers.is_valid_number(phonenumbers.parse(one_number(f"+{digits[2:]}"))):
        return False
    own = country is not None and abroad.country_code == phonenumbers.country_code_for_region(country)
    return own or not phonenumbers.is_valid_number(_parsed(digits, country))


def _is_the_mobile_one(digits: str, abroad: phonenumbers.PhoneNumber, here: phonenumbers.PhoneNumber) -> bool:
    mobile = [phonenumbers.number_type(one) == phonenumbers.PhoneNumberType.MOBILE for one in (abroad, here)]
    if mobile[0] == mobile[1]:
        raise InvalidRequest.field("phone", f"may mean two numbers: write +{digits} or 0{digits}")
    return mobile[0]


def _wrong_phone(country: str | None) -> InvalidRequest:
    where = f"a whole phone number of {country}, or one" if country else "a phone number"
    return refused(f"must be {where} with its country code")
