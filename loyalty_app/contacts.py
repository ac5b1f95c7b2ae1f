"""Contacts: checks and normalises phone numbers and e-mail addresses, with libraries that know them.

The libraries load long, so each is loaded for the first number or address; `telephones` has the rules of numbers.
"""

from collections.abc import Callable
from datetime import date

import msgspec

from loyalty_core.customers import Profile, ProfileChange, check_birthday, clean_name
from loyalty_core.errors import FieldError, InvalidRequest


def checked_phone(text: str, country: str | None) -> str:
    """A phone number as E.164, in the one form in which its telephone is kept. Raises InvalidRequest.

    The number may be typed in any script, with words before or after it.
    """
    from loyalty_app.telephones import checked_telephone  # noqa: PLC0415  # see above

    return checked_telephone(text, country)


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
