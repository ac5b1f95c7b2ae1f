"""Time limits in words: what refusals for a cooldown or a daily cap say to a shopkeeper in English.

Other languages are not made here, and nothing is refused here.
"""

from datetime import date, datetime, time, timedelta
from math import ceil
from typing import NamedTuple


class AskedStamps(NamedTuple):
    """What was asked for: how many stamps at once, and on which day, that of the shop."""

    stamps: int
    today: date


def too_soon(last_at: datetime, next_at: datetime, now: datetime, by: str | None) -> str:
    """The sentence of a cooldown. Times are in the zone of the shop.

    A visit before which the stamp was given too closely lies after `now`, when the stamp was given.
    """
    who, at = f" by {by}" if by else "", clock_time(next_at, now)
    if last_at > now:
        return f"Already stamped {time_span(last_at - now)} later{who}; next stamp at {at}."
    return f"Already stamped {time_span(now - last_at)} ago{who}; next stamp at {at}."


def cap_reached(cap: int, *, has: str) -> str:
    """The sentence of a daily cap: what the customer may collect, and has."""
    return f"A customer may collect {cap} stamps a day and has {has}."


def never_fits(cap: int, stamps: int) -> str:
    """The sentence for more stamps at once than the daily cap ever allows."""
    return f"A customer may collect {cap} stamps a day: {stamps} at once never fit."


def midnight_after(now: datetime) -> datetime:
    """When the day of a moment ends, in the zone of the moment: then a cap begins again."""
    return datetime.combine(now.date() + timedelta(days=1), time.min, tzinfo=now.tzinfo)


def seconds_until(moment: datetime, now: datetime) -> int:
    """Whole seconds after which a moment has come, 1 or more."""
    return max(1, ceil((moment - now).total_seconds()))


def clock_time(moment: datetime, now: datetime) -> str:
    """Write a local time: "10:40" on the same day, "2026-03-01 10:40" on another one."""
    return moment.strftime("%H:%M" if moment.date() == now.date() else "%Y-%m-%d %H:%M")


def time_span(span: timedelta) -> str:
    """Write a span in its largest whole unit: "40 seconds", "6 minutes", "3 hours", "2 days"."""
    seconds = max(0, int(span.total_seconds()))
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return "1 second" if seconds == 1 else f"{seconds} seconds"
