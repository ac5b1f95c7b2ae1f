"""Listed customers: one of an integrator's list as it was sent, checked one by one, so that a bad one costs itself."""

import msgspec

from loyalty_app.importing.candidates import Candidate, Faults, Remark, Setting, check_days
from loyalty_app.importing.cells import MOST_OPENING_STAMPS, check_readable, day_of, email_of, name_of, phone_of
from loyalty_core.customers import Profile
from loyalty_core.errors import InvalidRequest


class ListedCustomer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A customer as a list names them. `birthday` and `joined_at` are days, as 1990-05-17."""

    name: str
    phone: str | None = None
    email: str | None = None
    birthday: str | None = None
    stamps: int = 0
    joined_at: str | None = None


def candidate_of(listed: ListedCustomer, place: int, setting: Setting) -> Candidate | list[Remark]:
    """The candidate, or all that is wrong."""
    faults = Faults(place)
    faults.kept(lambda: check_readable("name", listed.name))
    name = faults.kept(lambda: name_of(listed.name))
    phone = faults.kept(lambda: phone_of(listed.phone or "", setting.country))
    email = faults.kept(lambda: email_of((listed.email or "").strip()))
    birthday = faults.kept(lambda: day_of("birthday", listed.birthday or "", setting.country))
    joined = faults.kept(lambda: day_of("joined_at", listed.joined_at or "", setting.country))
    faults.kept(lambda: _check_stamps(listed.stamps))
    joined_at = setting.moment_of(joined)
    check_days(faults, birthday, joined_at, setting)
    if faults.found or name is None:
        return faults.found
    profile = Profile(name=name, phone=phone, email=email, birthday=birthday)
    return Candidate(place=place, profile=profile, stamps=listed.stamps, joined_at=joined_at)


def _check_stamps(stamps: int) -> None:
    if not 0 <= stamps <= MOST_OPENING_STAMPS:
        raise InvalidRequest.field("stamps", "must be a whole number from 0 to 1000")
