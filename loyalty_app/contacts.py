"""Contacts: checks and normalises phone numbers and e-mail addresses, with libraries that know them.

Phone numbers are stored as E.164. One with a country code may have any 8 to 15 digits, because numbering plans change
faster than libraries; one without must be possible in the business's country.
"""

from datetime import date

import msgspec
import phonenumbers
from email_validator import EmailNotValidError, validate_email

from loyalty_core.customers import Profile, ProfileChange
from loyalty_core.errors import InvalidRequest

SHORTEST, LONGEST = 8, 15


def checked_phone(text: str, country: str | None) -> str:
    """A phone number as E.164. Raises InvalidRequest."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise _wrong_phone(country) from error
    kept = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    international = text.strip().startswith(("+", "\uff0b")) and SHORTEST <= len(kept) - 1 <= LONGEST
    if not international and not phonenumbers.is_possible_number(number):
        raise _wrong_phone(country)
    return kept


def _wrong_phone(country: str | None) -> InvalidRequest:
    where = f"a phone number of {country}, or one" if country else "a phone number"
    return InvalidRequest.field("phone", f"must be {where} with its country code, as +14155552671")


def checked_email(text: str) -> str:
    """An e-mail address in its normal form. Raises InvalidRequest."""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise InvalidRequest.field("email", "must be an e-mail address, as ana@example.com") from error


def checked_profile(profile: Profile, country: str | None) -> Profile:
    """The profile with phone and e-mail in their normal form. Raises InvalidRequest."""
    return msgspec.structs.replace(
        profile,
        phone=checked_phone(profile.phone, country) if profile.phone is not None else None,
        email=checked_email(profile.email) if profile.email is not None else None,
    )


def checked_change(change: ProfileChange, country: str | None) -> ProfileChange:
    """The change with phone and e-mail in their normal form. Raises InvalidRequest."""
    checked: dict[str, str | date] = {}
    if isinstance(change.phone, str):
        checked["phone"] = checked_phone(change.phone, country)
    if isinstance(change.email, str):
        checked["email"] = checked_email(change.email)
    return msgspec.structs.replace(change, **checked)
