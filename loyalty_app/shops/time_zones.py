"""The time zone of a shop, which may change: days that were booked before the change stay what they were.

A day is the day of the moment's own zone: before the change the old one, after it the new one. So nothing is counted
again, and the ledger gives the same days for ever. A change counts from a few seconds after it is made on: by then no
running process remembers the old zone.
"""

from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

TAKES_EFFECT = timedelta(seconds=15)
"""Longer than any batch of the counter may take, and than clocks may differ."""

PastZones = tuple[tuple[datetime, str], ...]
"""The zones that a shop had, the oldest first, each with the moment until which it counted."""


class ShopZone(tzinfo):
    """A time zone with a past. A moment is converted to the zone of its own time.

    What it converts knows which zone that was, so that it can be converted back.
    """

    def __init__(self, past: PastZones, present: str, pinned: ZoneInfo | None = None) -> None:
        self._past, self._present = past, present
        self._pinned = pinned or ZoneInfo(present)

    def fromutc(self, moment: datetime) -> datetime:
        """The local time of a moment; Python calls this for `astimezone`."""
        instant = moment.replace(tzinfo=ZoneInfo("UTC"))
        name = next((name for until, name in self._past if instant < until), self._present)
        zone = ZoneInfo(name)
        return instant.astimezone(zone).replace(tzinfo=ShopZone(self._past, self._present, zone))

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """How far local time is ahead of UTC."""
        return None if moment is None else self._pinned.utcoffset(moment.replace(tzinfo=self._pinned))

    def dst(self, moment: datetime | None) -> timedelta | None:
        """How much of that is for the summer."""
        return None if moment is None else self._pinned.dst(moment.replace(tzinfo=self._pinned))

    def tzname(self, moment: datetime | None) -> str | None:
        """The short name of the zone."""
        return None if moment is None else self._pinned.tzname(moment.replace(tzinfo=self._pinned))

    def __str__(self) -> str:
        """The name of the present zone."""
        return self._present


@lru_cache(1_024)
def zone_of(present: str, past: str | None) -> tzinfo:
    """The zone of a shop, from its two columns. Raises KeyError or ValueError if it is not known here."""
    if past is None:
        return ZoneInfo(present)
    return ShopZone(msgspec.json.decode(past, type=PastZones), present)


def past_after(present: str, past: str | None, *, now: datetime) -> str:
    """The column of past zones, once a shop leaves its present one. Zones that never began to count are left out."""
    before = msgspec.json.decode(past, type=PastZones) if past is not None else ()
    until = now + TAKES_EFFECT
    kept = [one for one in before if one[0] < until]
    return msgspec.json.encode([*kept, (until, present)]).decode()
