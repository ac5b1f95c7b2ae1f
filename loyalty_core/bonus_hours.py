"""Bonus hours: the hours of a week in which a stamp counts two or three times.

The rules, in words:
- A program has at most seven rows of hours. A row names the days of the week on which it begins, 1 (Monday) to 7, its
  first and last minute by the clock of the shop, and a factor of 2 or 3.
- Hours whose end is not later than their beginning last into the next day; 24:00 is the end of a day. No two overlap,
  and none are empty.
- The clock on the wall decides: an hour that comes twice when clocks go back counts twice, one that is left out never.
- What was asked for counts towards the daily cap; what is added is a gift.

Which terms decide about a stamp that is booked late is in `stamping`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from loyalty_core.errors import InvalidRequest

MOST_ROWS = 7
MOST_FACTOR = 3
DAY = 24 * 60
WEEK = 7 * DAY

Weekday = Annotated[int, Meta(ge=1, le=7, description="a day of the week, 1 (Monday) to 7 (Sunday)")]
Weekdays = Annotated[
    tuple[Weekday, ...], Meta(min_length=1, max_length=7, description="days of the week, 1 (Monday) to 7 (Sunday)")
]
LocalTime = Annotated[
    str,
    Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)(?![\s\S])", description="a time of the day, as 14:00"),
]
BonusFactor = Annotated[Literal[2, 3], Meta(description="2 or 3")]


class BonusHours(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begin": "from", "end": "to"}, kw_only=True
):
    """One row: the days on which the hours begin, their beginning and end, and how often a stamp in them counts."""

    weekdays: Weekdays
    begin: LocalTime
    end: LocalTime
    factor: BonusFactor


BonusWeek = Annotated[
    tuple[BonusHours, ...], Meta(max_length=MOST_ROWS, description="at most 7 rows of hours that do not overlap")
]


def check_bonus_hours(rows: tuple[BonusHours, ...]) -> None:
    """Raise InvalidRequest if there are too many rows, hours are empty or overlap, or a row names a day twice."""
    if len(rows) > MOST_ROWS:
        raise InvalidRequest.field("bonus_hours", f"must be at most {MOST_ROWS} rows")
    taken = [False] * WEEK
    for row in rows:
        if row.begin == "24:00":
            raise InvalidRequest.field(
                "bonus_hours", "must begin at 23:59 or earlier; 00:00 is the first minute of a day"
            )
        if row.begin == row.end:
            raise InvalidRequest.field("bonus_hours", f"must not be empty, as those from {row.begin} to {row.end}")
        if len(set(row.weekdays)) < len(row.weekdays):
            raise InvalidRequest.field("bonus_hours", "must name each day of the week once in a row")
        for minute in _minutes(row):
            if taken[minute]:
                raise InvalidRequest.field(
                    "bonus_hours", f"must not overlap, as those from {row.begin} to {row.end} do"
                )
            taken[minute] = True


def with_row(rows: tuple[BonusHours, ...], row: BonusHours) -> tuple[BonusHours, ...]:
    """Rows and one more; the same rows if it is there already."""
    return rows if row in rows else (*rows, row)


def without_row(rows: tuple[BonusHours, ...], row: BonusHours) -> tuple[BonusHours, ...]:
    """Rows without one of them; the same rows if it is not there."""
    return tuple(other for other in rows if other != row)


def overlap(one: BonusHours, other: BonusHours) -> bool:
    """Whether two rows have a minute of the week in common."""
    return not {*_minutes(one)}.isdisjoint(_minutes(other))


def bonus_factor(rows: tuple[BonusHours, ...], then: datetime) -> int:
    """How often a stamp given at `then`, by the clock of the shop, counts: 1 outside all hours."""
    return next((row.factor for row in rows if _covers(row, then)), 1)


def _covers(row: BonusHours, then: datetime) -> bool:
    begin, end = _minute_of(row.begin), _minute_of(row.end)
    weekday, minute = then.isoweekday(), then.hour * 60 + then.minute
    if begin < end:
        return weekday in row.weekdays and begin <= minute < end
    day_before = 7 if weekday == 1 else weekday - 1
    return (weekday in row.weekdays and minute >= begin) or (day_before in row.weekdays and minute < end)


def _minutes(row: BonusHours) -> Iterator[int]:
    """The minutes of a week that a row covers."""
    begin, end = _minute_of(row.begin), _minute_of(row.end)
    length = end - begin if begin < end else end - begin + DAY
    for weekday in row.weekdays:
        first = (weekday - 1) * DAY + begin
        yield from (minute % WEEK for minute in range(first, first + length))


def _minute_of(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
