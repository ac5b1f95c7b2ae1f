"""City search: which time zones somebody may mean who types a city, a country, a zone, "UTC+3" or "CET".

The rules, in words:
- Names are compared without case and accents, in all scripts. Countries are known in all languages of the bot.
- Whole names come before beginnings of names.
- Of cities with one name, those that are far smaller than the largest are left out: a hundred times, or twenty times if
  they have the name only besides their own. Where several time zones are left, the person chooses.
- "Springfield, Illinois" or "Paris, France" names one of several.
- An offset or an abbreviation is not a place: the zones that have it are offered, those with large cities first.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale

from bots.owners import cities
from bots.owners.city_table import City, cities_beginning, cities_called, fold_name, largest_in_zones
from bots.words import LANGUAGES

MOST_FOUND = 8
SHORTEST = 3
"""Letters from which a name is also matched by its beginning."""
FAR_SMALLER, FAR_SMALLER_BESIDES = 100, 20
OFFSET = re.compile(
    r"(?:utc|gmt)?\s*(?P<sign>[+\u2212-])\s*(?P<hours>\d{1,2})(?::?(?P<minutes>[0-5]\d))?", re.IGNORECASE
)
ABBREVIATION = re.compile(r"[A-Z]{3,5}")
EXCLAVES = {"Europe/Busingen"}
"""Zones that are not what somebody means who types the country: they keep the same time as another of its zones."""
MONTHS = (1, 7)
"""One in winter, one in summer."""


class TimeZoneChoice(msgspec.Struct, frozen=True):
    """A time zone that may be meant, and the name of the city for which it was found; None if the zone itself was."""

    timezone: str
    city: str | None = None
    country: str | None = None

    def label(self, locale: Locale) -> str:
        """The place with its country, to tell places apart: "Springfield, United States"."""
        if self.city is None:
            return cities.city_and_country(self.timezone, locale)
        country = locale.territories.get(self.country or "")
        return f"{self.city}, {country}" if country else self.city


def find_zones(typed: str, *, now: datetime) -> list[TimeZoneChoice]:
    """The time zones that a text may mean now, the likeliest first; empty if it means none."""
    text = " ".join(typed.split())
    if not fold_name(text):
        return []
    if text.upper() == cities.UNKNOWN:
        return [TimeZoneChoice(cities.UNKNOWN)]
    searches = (_with_offset, _with_abbreviation, _called, _in_region, _beginning)
    found = next((found for search in searches if (found := _distinct(search(text, now)))), [])
    return found[:MOST_FOUND]


def _distinct(choices: Iterable[TimeZoneChoice]) -> list[TimeZoneChoice]:
    """The first choice of each time zone."""
    zones: dict[str, TimeZoneChoice] = {}
    for choice in choices:
        zones.setdefault(choice.timezone, choice)
    return list(zones.values())


def _with_offset(text: str, now: datetime) -> Iterator[TimeZoneChoice]:
    match = OFFSET.fullmatch(text)
    if match is None:
        return
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
    wanted = offset if match["sign"] == "+" else -offset
    yield from (TimeZoneChoice(zone) for zone in _by_size() if now.astimezone(ZoneInfo(zone)).utcoffset() == wanted)


def _with_abbreviation(text: str, now: datetime) -> Iterator[TimeZoneChoice]:
    if ABBREVIATION.fullmatch(text.upper()):
        yield from map(TimeZoneChoice, _abbreviated(now.year).get(text.upper(), ()))


@cache
def _abbreviated(year: int) -> dict[str, list[str]]:
    """The zones that have an abbreviation in winter or in summer, by size."""
    zones: dict[str, list[str]] = {}
    moments = [datetime(year, month, 1, tzinfo=UTC) for month in MONTHS]
    for zone in _by_size():
        for name in {moment.astimezone(ZoneInfo(zone)).tzname() or "" for moment in moments}:
            zones.setdefault(name, []).append(zone)
    return zones


@cache
def _by_size() -> list[str]:
    """All zones of countries, those with the largest cities first."""
    return _large_first(cities.zones_of_countries())


def _large_first(zones: Iterable[str]) -> list[str]:
    people = largest_in_zones()
    return sorted(zones, key=lambda zone: -people.get(zone, 0))


def _called(text: str, _now: datetime) -> Iterator[TimeZoneChoice]:
    """Countries and zones of that name, else cities, else what a zone is or was called after."""
    folded = fold_name(text)
    named = _large_first(zone for zone, names in _names().items() if folded in names.areas)
    if len(folded) > len("US") and named:
        yield from map(TimeZoneChoice, map(cities.todays_name, named))
        return
    yield from map(_choice, _large_enough(cities_called(folded), folded))
    yield from map(TimeZoneChoice, named)
    older = [zone for zone, names in _names().items() if folded in names.cities]
    yield from map(TimeZoneChoice, map(cities.todays_name, older))


def _in_region(text: str, _now: datetime) -> Iterator[TimeZoneChoice]:
    """A city with its country or region behind a comma, or the city alone if nothing fits."""
    name, comma, region = text.partition(",")
    if comma:
        found, wanted = cities_called(fold_name(name)), fold_name(region)
        there = [city for city in found if wanted in _regions(city)]
        yield from map(_choice, there or _large_enough(found, fold_name(name)))


def _regions(city: City) -> set[str]:
    known = {city.country, city.region, cities.STATES.get(city.region, "") if city.country == "US" else ""}
    known |= {Locale(language).territories.get(city.country, "") for language in LANGUAGES}
    return set(map(fold_name, known)) - {""}


def _beginning(text: str, _now: datetime) -> Iterator[TimeZoneChoice]:
    folded = fold_name(text)
    if len(folded) < SHORTEST:
        return
    areas = (zone for zone, names in _names().items() if any(name.startswith(folded) for name in names.areas))
    yield from map(TimeZoneChoice, map(cities.todays_name, _large_first(areas)))
    yield from map(_choice, _large_enough(cities_beginning(folded), folded))


def _large_enough(found: list[City], folded: str) -> list[City]:
    """The cities without those that are far smaller than the largest, which comes first."""
    most = found[0].population if found else 0

    def is_large_enough(city: City) -> bool:
        own = fold_name(city.name).startswith(folded)
        return city.population * (FAR_SMALLER if own else FAR_SMALLER_BESIDES) >= most

    return list(filter(is_large_enough, found))


def _choice(city: City) -> TimeZoneChoice:
    return TimeZoneChoice(cities.todays_name(city.timezone), city.name, city.country)


class ZoneNames(msgspec.Struct, frozen=True):
    """What a zone is called: its own name and those of its country, and the city that it is called after."""

    areas: frozenset[str]
    cities: frozenset[str]


@cache
def _names() -> dict[str, ZoneNames]:
    locales = [Locale(language) for language in LANGUAGES]
    return {zone: _names_of(zone, locales) for zone in cities.every_zone()}


def _names_of(zone: str, locales: list[Locale]) -> ZoneNames:
    country = cities.country_of(zone) if zone not in EXCLAVES else None
    areas = [zone, *([country] if country else [])]
    areas += [locale.territories.get(country or "", "") for locale in locales]
    called = [zone.rpartition("/")[2], *(cities.city(zone, locale) for locale in locales if country)]
    return ZoneNames(frozenset(map(fold_name, areas)) - {""}, frozenset(map(fold_name, called)) - {""})
