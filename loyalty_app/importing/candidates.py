"""Candidates: people from a list, read and checked, and remarks about lines that were not taken.

Each line of a sheet and each customer of an integrator's list is checked by itself: a bad one affects no other. Nothing
is written here.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum
from typing import TypeVar

import msgspec
from msgspec import UNSET

from loyalty_app.db.engine import Database
from loyalty_app.importing.cells import MOST_OPENING_STAMPS, check_readable, day_of, email_of, name_of, phone_of
from loyalty_app.importing.program_cells import NamedProgram, named_programs, program_of
from loyalty_app.shops.businesses import Business
from loyalty_core.customers import Profile, check_birthday, check_joined
from loyalty_core.errors import FieldError, InvalidRequest

Value = TypeVar("Value")


class FurtherLine(msgspec.Struct, frozen=True):
    """A further line of somebody, with the stamps of another program."""

    place: int
    stamps: int
    program_id: int | None


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a list. `place` is the line of a file, or the index in a list, from 0.

    `program_id` is the number of the program to which the stamps go; None is the main one. `more` are further lines of
    the same person, each for a card of another program (`further_lines`).
    """

    place: int
    profile: Profile
    stamps: int = 0
    joined_at: datetime | None = None
    program_id: int | None = None
    more: tuple[FurtherLine, ...] = ()


class Fate(StrEnum):
    """What happened to a line."""

    IMPORTED = "imported"
    ALREADY_THERE = "already_there"
    LEFT_OUT = "left_out"
    CORRECTED = "corrected"
    """There already, and a name that an earlier import had misread was put right."""


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Why a line was not taken: which field, what is wrong, what would be right.

    `twin` is the place of the same person in the same list, `customer_id` the customer who is there already.
    """

    place: int
    fate: Fate
    field: str | None = None
    message: str
    twin: int | None = None
    customer_id: int | None = None


class Setting(msgspec.Struct, frozen=True):
    """How a list is read: the shop's country, its time zone, the moment, and the programs that lines may name."""

    country: str | None
    zone: tzinfo
    now: datetime
    programs: tuple[NamedProgram, ...] = ()

    def moment_of(self, day: date | None) -> datetime | None:
        """When a day began in the shop. None stays None; today gives None too, which means now."""
        if day is None or day == self.now.astimezone(self.zone).date():
            return None
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


async def read_setting(database: Database, business: Business, now: datetime) -> Setting:
    """How a list of a shop is read now."""
    programs = await database.read(lambda connection: named_programs(connection, business.id))
    return Setting(business.country, business.zone, now, programs)


class Faults:
    """Collects everything wrong with one line, so that one correction is enough."""

    def __init__(self, place: int) -> None:
        self.place = place
        self.found: list[Remark] = []

    def add(self, error: FieldError) -> None:
        """Note a fault."""
        field = error.pointer.lstrip("/") or None
        self.found.append(Remark(place=self.place, fate=Fate.LEFT_OUT, field=field, message=error.message))

    def kept(self, read: Callable[[], Value]) -> Value | None:
        """The result of `read`, or None and a note if it is refused."""
        try:
            return read()
        except InvalidRequest as refusal:
            for error in refusal.errors:
                self.add(error)
            return None


def check_days(faults: Faults, birthday: date | None, joined_at: datetime | None, setting: Setting) -> None:
    """Note impossible days."""
    here = setting.now.astimezone(setting.zone)
    faults.kept(lambda: check_birthday(birthday, here.date()))
    faults.kept(lambda: check_joined(joined_at, here))


class ListedCustomer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A customer as a list names them. `birthday` and `joined_at` are days, as 1990-05-17.

    `program` is the title or the id of the program to which the stamps go; without it, they go to the main one.
    `opted_out` says that they want no more messages to many.
    """

    name: str
    phone: str | None = None
    email: str | None = None
    birthday: str | None = None
    stamps: int = 0
    joined_at: str | None = None
    program: int | str | None = None
    opted_out: bool = False


def candidate_of(listed: ListedCustomer, place: int, setting: Setting) -> Candidate | list[Remark]:
    """The candidate, or everything that is wrong."""
    faults = Faults(place)
    faults.kept(lambda: check_readable("name", listed.name))
    name = faults.kept(lambda: name_of(listed.name))
    phone = faults.kept(lambda: phone_of(listed.phone or "", setting.country))
    email = faults.kept(lambda: email_of((listed.email or "").strip()))
    birthday = faults.kept(lambda: day_of("birthday", listed.birthday or "", setting.country))
    joined = faults.kept(lambda: day_of("joined_at", listed.joined_at or "", setting.country))
    faults.kept(lambda: _check_stamps(listed.stamps))
    program = faults.kept(lambda: program_of(_text(listed.program), setting.programs))
    joined_at = setting.moment_of(joined)
    check_days(faults, birthday, joined_at, setting)
    if faults.found or name is None:
        return faults.found
    opted_out = listed.opted_out or UNSET
    profile = Profile(name=name, phone=phone, email=email, birthday=birthday, opted_out=opted_out)
    return Candidate(place=place, profile=profile, stamps=listed.stamps, joined_at=joined_at, program_id=program)


def _text(program: int | str | None) -> str:
    return "" if program is None else str(program)


def _check_stamps(stamps: int) -> None:
    if not 0 <= stamps <= MOST_OPENING_STAMPS:
        raise InvalidRequest.field("stamps", "must be a whole number from 0 to 1000")
