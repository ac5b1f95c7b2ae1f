"""Bonus hours in words, as a button carries them, and as an owner types them."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from bots.owners.typed_answers import UnclearAnswer
from bots.words import Words, shortened
from loyalty_core.bonus_hours import BonusHours

TYPED_TIMES = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?[\s–—−-]+(\d{1,2})(?:[:.](\d{2}))?")
SHORTEST_RANGE = 3
DAYS_OF_WEEK = 7


def sorted_rows(rows: Iterable[BonusHours]) -> tuple[BonusHours, ...]:
    """Rows in the order in which a week has them."""
    return tuple(sorted(rows, key=lambda row: (min(row.weekdays), row.begin)))


def row_in_words(words: Words, row: BonusHours, *, longest: int | None = None) -> str:
    """A row, as "14:00–16:00 ×2 · Mon–Fri"; its days are cut if they are longer than `longest`."""
    days = days_in_words(words, row.weekdays)
    return words.plain(
        "{hours} ×{factor} · {days}",
        hours=hours_in_words(words, row.begin, row.end),
        factor=row.factor,
        days=days if longest is None else shortened(days, longest),
    )


def hours_in_words(words: Words, begin: str, end: str) -> str:
    """Hours, as "14:00–16:00", in the way that the language writes times."""
    return f"{_time(words, begin)}–{_time(words, end)}"


def _time(words: Words, clock: str) -> str:
    hours, minutes = clock.split(":")
    return words.time(datetime(2000, 1, 1, int(hours) % 24, int(minutes), tzinfo=UTC))


def days_in_words(words: Words, weekdays: Iterable[int]) -> str:
    """Days of the week, as "Mon–Fri, Sun" or "every day"."""
    days = sorted(weekdays)
    if len(days) == DAYS_OF_WEEK:
        return words.plain("every day")
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return words.join(text for run in runs for text in _run_in_words(words, run))


def _run_in_words(words: Words, run: list[int]) -> list[str]:
    names = [day_in_words(words, day) for day in run]
    return [f"{names[0]}–{names[-1]}"] if len(run) >= SHORTEST_RANGE else names


def day_in_words(words: Words, weekday: int) -> str:
    """A day of the week, 1 to 7, as "Mon"."""
    return str(words.locale.days["stand-alone"]["abbreviated"][weekday - 1])


def pack_row(row: BonusHours) -> str:
    """A row as a button carries it, as "12345.1400.1600.2"."""
    days, begin, end = "".join(map(str, row.weekdays)), row.begin.replace(":", ""), row.end.replace(":", "")
    return f"{days}.{begin}.{end}.{row.factor}"


def unpack_row(text: str) -> BonusHours | None:
    """The row that a button carries; None if it is none, or begins at 24:00, which is the end of a day."""
    if not re.fullmatch(r"[1-7]{1,7}\.(?!2400)\d{4}\.\d{4}\.\d", text, re.ASCII):
        return None
    days, begin, end, factor = text.split(".")
    row = {
        "weekdays": sorted({int(day) for day in days}),
        "from": f"{begin[:2]}:{begin[2:]}",
        "to": f"{end[:2]}:{end[2:]}",
        "factor": int(factor),
    }
    try:
        return msgspec.convert(row, BonusHours)
    except msgspec.ValidationError:
        return None


def read_hours(words: Words, text: str, row: BonusHours) -> BonusHours:
    """A row with the hours that were typed, as "14:00–16:30" or "14-16". Raises UnclearAnswer."""
    typed = TYPED_TIMES.fullmatch(text.strip())
    begin, end = (_clock(typed[1], typed[2]), _clock(typed[3], typed[4])) if typed else ("", "")
    read = unpack_row(pack_row(msgspec.structs.replace(row, begin=begin, end=end)))
    if read is None:
        raise UnclearAnswer(words.plain("Please send two times of day, from 00:00 to 24:00, for example: 14:00–16:30"))
    if read.begin == read.end:
        raise UnclearAnswer(words.plain("These hours are empty: they end when they begin."))
    return read


def _clock(hours: str, minutes: str | None) -> str:
    return f"{int(hours):02}:{int(minutes or 0):02}"
