"""Cells: reads what somebody typed into a spreadsheet, and what the spreadsheet made of it, as values.

A leading ' is removed where it only keeps a spreadsheet from calculating. A number that a spreadsheet has rounded is
refused: its digits are lost. A date counts if it can mean only one day, or if the shop's country decides.
"""

import re
import unicodedata
from datetime import date
from functools import lru_cache

from loyalty_app.contacts import checked_email, checked_phone
from loyalty_app.importing.encoding import UNREADABLE
from loyalty_core.customers import clean_name
from loyalty_core.errors import InvalidRequest

MOST_OPENING_STAMPS = 1_000
LONGEST_PHONE, LONGEST_EMAIL = 100, 254
GUARD = re.compile(r"^'(?='*[=+\-@\t\r])|(?<=[;|\t\r\n])'(?=['\"]*[=+\-@])")
AS_FORMULA = re.compile(r'="(?P<text>[^"]*)"')
ROUNDED = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE][+-]?\d+")
WHOLE = re.compile(r"(?P<number>\d{1,9})(?:[.,]0+)?")
CLOCK = r"(?:[T ]+\d{1,2}:\d\d.*)?"
YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}}){CLOCK}")
YEAR_LAST = re.compile(rf"(?P<one>\d{{1,2}})(?P<sign>[-/.])(?P<two>\d{{1,2}})\2(?P<year>\d{{4}}){CLOCK}")
NO_DAY = re.compile(r"00?[/.]00?[/.]0{2,4}|--?\d{1,2}-\d{1,2}")
"""What address books write for a day that nobody knows, or whose year nobody knows."""
MONTHS = 12
NO = frozenset({"", "0", "no", "n", "false", "nein", "нет", "नहीं", "لا", "-", "–"})
"""What means no in a column of yes and no."""


def plain(cell: str) -> str:
    """A cell without the guard against formulas and the space around it. Raises InvalidRequest."""
    text = GUARD.sub("", cell.strip(" \u00a0\n\r\t"))
    if formula := AS_FORMULA.fullmatch(text):
        text = formula["text"]
    return text


def check_readable(field: str, text: str) -> None:
    """Raise InvalidRequest if letters were lost between the sheet and here."""
    if UNREADABLE in text or "\x00" in text:
        message = "has letters that cannot be read: save the file as UTF-8, or name its encoding with --encoding"
        raise InvalidRequest.field(field, message)


def name_of(text: str) -> str:
    """A name; line breaks and runs of spaces become one space. Raises InvalidRequest."""
    return clean_name(" ".join(text.split()))


def phone_of(text: str, country: str | None) -> str | None:
    """A phone number as E.164, None for an empty cell. Raises InvalidRequest."""
    typed = "".join(letter for letter in text.lstrip("'") if unicodedata.category(letter) != "Cf").strip()
    if not typed:
        return None
    if ROUNDED.fullmatch(typed):
        message = f"was shortened to {typed} by a spreadsheet: format the column as text and type the number again"
        raise InvalidRequest.field("phone", message)
    if len(typed) > LONGEST_PHONE:
        raise InvalidRequest.field("phone", f"must be a phone number, not a text of more than {LONGEST_PHONE} letters")
    return checked_phone(re.sub(r"[.,]0$", "", typed), country)


def email_of(text: str) -> str | None:
    """An e-mail address, None for an empty cell. Raises InvalidRequest."""
    return checked_email(text.removeprefix("mailto:")[: LONGEST_EMAIL + 1]) if text else None


def opted_out_of(text: str) -> bool:
    """Whether somebody wants no more messages to many. All but a no means yes."""
    return text.strip().casefold() not in NO


def stamps_of(text: str) -> int:
    """The stamps of a running card, 0 for an empty cell. Raises InvalidRequest."""
    if not text:
        return 0
    whole = WHOLE.fullmatch(text)
    if whole is None or int(whole["number"]) > MOST_OPENING_STAMPS:
        raise InvalidRequest.field("stamps", "must be a whole number from 0 to 1000")
    return int(whole["number"])


def day_of(field: str, text: str, country: str | None) -> date | None:
    """A day, None for an empty cell; a time after it is ignored. Raises InvalidRequest."""
    if not text or NO_DAY.fullmatch(text):
        return None
    if found := YEAR_FIRST.fullmatch(text):
        return _day(field, int(found["year"]), int(found["month"]), int(found["day"]))
    if found := YEAR_LAST.fullmatch(text):
        day, month = _in_order(field, found, country)
        return _day(field, int(found["year"]), month, day)
    raise InvalidRequest.field(field, "must be a day, as 1990-05-17 or 17.05.1990")


def _day(field: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise InvalidRequest.field(field, "must be a day that there was, as 1990-05-17") from error


def _in_order(field: str, found: re.Match[str], country: str | None) -> tuple[int, int]:
    """Day and month of a date whose year comes last."""
    one, two = int(found["one"]), int(found["two"])
    if found["sign"] == "." or one == two or one > MONTHS:
        return one, two
    if two > MONTHS:
        return two, one
    first = month_comes_first(country)
    if first is None:
        message = f"may mean two days: write {found['year']}-{two:02}-{one:02} or {found['year']}-{one:02}-{two:02}"
        raise InvalidRequest.field(field, message)
    return (two, one) if first else (one, two)


@lru_cache
def month_comes_first(country: str | None) -> bool | None:
    """Whether people in a country write the month before the day; None if unknown."""
    if country is None:
        return None
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415  # loads long, and few lists need it

    try:
        pattern = Locale.parse(f"und_{country}").date_formats["short"].pattern
    except (UnknownLocaleError, ValueError):
        return None
    return bool(pattern.index("M") < pattern.index("d"))
