"""Day figures: what the entries of a ledger add to each day, counted while it is walked through.

Most entries add the same as many others do, so it is counted how often. Nothing is read or compared here.
"""

from collections import Counter
from datetime import date
from functools import lru_cache

from loyalty_core.analytics import DayTotals
from loyalty_core.ledger import Entry, EntryType


class DayFigures:
    """How often there are which figures on a day; those of programs beside the main one are counted for these too."""

    def __init__(self) -> None:
        self._times = Counter[tuple[int | None, date, DayTotals]]()

    def add(self, day: date, figures: DayTotals, program_id: int | None = None) -> None:
        """Count figures of a day."""
        self._times[program_id, day, figures] += 1

    def combine(self, other: "DayFigures", sign: int) -> None:
        """Add those of another, or with -1 take them away."""
        for key, times in other._times.items():  # noqa: SLF001  # another one of the same
            self._times[key] += sign * times

    def by_day(self) -> dict[date, DayTotals]:
        """The sum of each day."""
        days: dict[date, DayTotals] = {}
        for (_, day, figures), times in self._times.items():
            days[day] = days.get(day, DayTotals()) + _taken(figures, times)
        return days

    def by_program_and_day(self) -> dict[tuple[int, date], DayTotals]:
        """The sum of each day of a program beside the main one."""
        days: dict[tuple[int, date], DayTotals] = {}
        for (program_id, day, figures), times in self._times.items():
            if program_id is not None:
                days[program_id, day] = days.get((program_id, day), DayTotals()) + _taken(figures, times)
        return days


def _taken(figures: DayTotals, times: int) -> DayTotals:
    return DayTotals(**{name: getattr(figures, name) * times for name in DayTotals.__struct_fields__})


def figures_of(entry: Entry, earned: int) -> DayTotals:
    """What an entry adds to its day; an undone stamp counts both as given and as undone, also in part."""
    return _figures(entry.type, entry.stamps, entry.stamps_voided, int(entry.voided_by is None), earned)


@lru_cache(1_024)
def _figures(kind: EntryType, stamps: int, voided: int, stands: int, earned: int) -> DayTotals:
    match kind:
        case EntryType.STAMP:
            given, counting = stamps + voided, stamps * stands
            return DayTotals(visits=stands, stamps_added=given, stamps_voided=given - counting, rewards_earned=earned)
        case EntryType.BONUS:
            return DayTotals(stamps_added=stamps, rewards_earned=earned)
        case EntryType.REDEEM:
            return DayTotals(rewards_redeemed=stands)
        case EntryType.EXPIRE:
            return DayTotals(rewards_expired=stands)
        case _:
            return DayTotals(rewards_earned=earned)
