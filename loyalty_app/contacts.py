"""Contacts: checks and normalises phone numbers and e-mail addresses, with libraries that know them.

Phone numbers are stored as E.164, in one form for each telephone (`loyalty_core/number_plans.py`); what people type is
read by `loyalty_core/phone_numbers.py`. One with a country code may have any 8 to 15 digits, because numbering plans
change faster than libraries; one without must be possible in the business's country, and not only locally.
"""

from collections.abc import Callable
from datetime import date

import msgspec
import phonenumbers

from loyalty_core.customers import Profile, ProfileChange, check_birthday, clean_name
from loyalty_core.errors import FieldError, InvalidRequest
from loyalty_core.number_plans import one_number
from loyalty_core.phone_numbers import Dialled, dialled, refused

SHORTEST, LONGEST = 8, 15
LOCAL = phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY
TRUNK = "0"
"""What most countries write before their numbers at home; numbers of the others are written without anything."""


def checked_phone(text: str, country: str | None) -> str:
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


def checked_email(text: str) -> str:
    """An e-mail address in its normal form. Raises InvalidRequest."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  # it builds its patterns slowly

    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise InvalidRequest.field("email", "must be an e-mail address, as ana@example.com") from error


def checked_profile(profile: Profile, country: str | None, today: date | None = None) -> Profile:
    """The profile with phone and e-mail in their normal form. Raises InvalidRequest, which names all wrong fields.

    The core refuses a wrong name or birthday too, but one at a time; a birthday is looked at if `today` is known.
    """
    faults, phone, email = _checked(profile.name, profile.phone, profile.email, country)
    faults += _birthday_faults(profile.birthday, today)
    if faults:
        raise InvalidRequest(*faults)
    return msgspec.structs.replace(profile, phone=phone, email=email)


def checked_change(change: ProfileChange, country: str | None, today: date | None = None) -> ProfileChange:
    """The change with phone and e-mail in their normal form. Raises InvalidRequest, as `checked_profile` does."""
    told = {name: value for name in ("name", "phone", "email") if isinstance(value := getattr(change, name), str)}
    faults, phone, email = _checked(told.get("name"), told.get("phone"), told.get("email"), country)
    faults += _birthday_faults(change.birthday if isinstance(change.birthday, date) else None, today)
    if faults:
        raise InvalidRequest(*faults)
    checked = {"phone": phone, "email": email}
    return msgspec.structs.replace(change, **{name: value for name, value in checked.items() if name in told})


def profile_faults(loose: dict[str, object], *, country: str | None, today: date) -> list[FieldError]:
    """What is wrong with a profile in a JSON object, as far as its fields are texts."""
    told = {name: value for name in ("name", "phone", "email", "birthday") if isinstance(value := loose.get(name), str)}
    faults, _, _ = _checked(told.get("name"), told.get("phone"), told.get("email"), country)
    try:
        birthday = date.fromisoformat(told.get("birthday", ""))
    except ValueError:
        return faults
    return faults + _birthday_faults(birthday, today)


def _checked(
    name: str | None, phone: str | None, email: str | None, country: str | None
) -> tuple[list[FieldError], str | None, str | None]:
    """All faults, then the phone number and the e-mail address in their normal form."""
    faults: list[FieldError] = []

    def kept(text: str | None, read: Callable[[str], str]) -> str | None:
        try:
            return None if text is None else read(text)
        except InvalidRequest as refusal:
            faults.extend(refusal.errors)
            return None

    kept(name, clean_name)
    return faults, kept(phone, lambda text: checked_phone(text, country)), kept(email, checked_email)


def _birthday_faults(birthday: date | None, today: date | None) -> list[FieldError]:
    try:
        check_birthday(birthday if today else None, today or date.max)
    except InvalidRequest as refusal:
        return list(refusal.errors)
    return []
