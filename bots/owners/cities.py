"""Cities: the likely time zone and country of a shop, and the time zone that a typed city means.

Names are matched forgivingly: without accents, in English and in the reader's language, by city, country or zone.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from zoneinfo import available_timezones

import msgspec
from babel import Locale
from babel.core import get_global
from babel.dates import get_timezone_location

UNKNOWN = "UTC"
ENGLISH = Locale("en")
MOST_FOUND = 8
SHORTEST = 3
"""Letters from which a name is also matched by its beginning."""

# The zone where most people of a country live, if it is not the first of its list.
_MAIN = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}


class Place(msgspec.Struct, frozen=True):
    """A time zone, and its country as two letters, if that is known."""

    timezone: str
    country: str | None


def guess(language_code: str | None) -> Place:
    """The likely place of a person whose app has that language, as "pt-br". English alone tells nothing."""
    language, _, region = (language_code or "en").replace("_", "-").partition("-")
    country = region.rpartition("-")[2].upper()
    if country not in _countries() and language.lower() != "en":
        country = get_global("likely_subtags").get(language.lower(), "").rpartition("_")[2]
    zones = _countries().get(country)
    return Place(_MAIN.get(country, zones[0]), country) if zones else Place(UNKNOWN, None)


def find_zones(typed: str, locale: Locale) -> list[str]:
    """The time zones that the text may mean, the likeliest first; empty if it means none."""
    prefix = _fold(typed)
    if not prefix:
        return []
    names = _names(str(locale))
    zones = [zone for zone, known in names if prefix in known]
    if not zones and len(prefix) >= SHORTEST:
        zones = [zone for zone, known in names if any(name.startswith(prefix) for name in known)]
    zones.sort(key=lambda zone: zone not in _MAIN.values())
    return list(dict.fromkeys(map(_today, zones)))[:MOST_FOUND]


def _today(zone: str) -> str:
    """The present name of a zone, if a country lists it by that name."""
    named = _todays_names().get(zone, zone)
    return named if country_of(named) else zone


def country_of(timezone: str) -> str | None:
    """The country of a time zone, as two letters; None for one like UTC."""
    listed = {zone: country for country, zones in _countries().items() for zone in zones}
    return listed.get(timezone)


def city(timezone: str, locale: Locale) -> str:
    """The name of a time zone: its city, as "São Paulo"."""
    if "/" not in timezone:
        return timezone
    return str(get_timezone_location(timezone, locale=locale, return_city=True))


def city_and_country(timezone: str, locale: Locale) -> str:
    """The city with its country, to tell places apart: "Santiago, Chile"."""
    country = locale.territories.get(country_of(timezone) or "")
    return f"{city(timezone, locale)}, {country}" if country else city(timezone, locale)


@cache
def _countries() -> dict[str, list[str]]:
    """The time zones of each country, as the time zone database lists them."""
    zones: dict[str, list[str]] = {}
    for line in _database("zone.tab"):
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            zones.setdefault(country, []).append(zone)
    return zones


@cache
def _todays_names() -> dict[str, str]:
    """Present names of zones that once had another one, as Asia/Calcutta."""
    links = [line.split() for line in _database("tzdata.zi") if line.startswith("L ")]
    return {old: today for _, today, old in links}


def _database(name: str) -> list[str]:
    return (files("tzdata") / "zoneinfo" / name).read_text(encoding="utf-8").splitlines()


@cache
def _names(locale: str) -> list[tuple[str, set[str]]]:
    """Time zones with the names that match them; zones of a country's list come first."""
    language = Locale.parse(locale)
    listed = [zone for zones in _countries().values() for zone in zones]
    older = sorted(zone for zone in available_timezones() - set(listed) if not zone.startswith("Etc/"))
    return [(zone, {_fold(name) for name in _called(zone, language)}) for zone in (*listed, *older)]


def _called(zone: str, language: Locale) -> Iterator[str]:
    yield zone
    yield zone.rpartition("/")[2]
    if (country := country_of(zone)) is None:
        return
    yield country
    for locale in (ENGLISH, language):
        yield city(zone, locale)
        yield locale.territories.get(country, "")


def _fold(name: str) -> str:
    """Only letters and digits, in lower case and without accents."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if letter.isalnum())
