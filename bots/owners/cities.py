"""Cities: the likely time zone and country of a shop, and what time zones are called.

Which zone somebody means who types a name is found in `city_search`.
"""

from functools import cache
from importlib.resources import files
from zoneinfo import available_timezones

import msgspec
from babel import Locale
from babel.core import get_global
from babel.dates import get_timezone_location

UNKNOWN = "UTC"

# The zone where most people of a country live, if it is not the first of its list.
_MAIN = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}

STATES = {
    "AK": "Alaska",
    "AL": "Alabama",
    "AR": "Arkansas",
    "AZ": "Arizona",
    "CA": "California",
    "CO": "Colorado",
    "CT": "Connecticut",
    "DC": "District of Columbia",
    "DE": "Delaware",
    "FL": "Florida",
    "GA": "Georgia",
    "HI": "Hawaii",
    "IA": "Iowa",
    "ID": "Idaho",
    "IL": "Illinois",
    "IN": "Indiana",
    "KS": "Kansas",
    "KY": "Kentucky",
    "LA": "Louisiana",
    "MA": "Massachusetts",
    "MD": "Maryland",
    "ME": "Maine",
    "MI": "Michigan",
    "MN": "Minnesota",
    "MO": "Missouri",
    "MS": "Mississippi",
    "MT": "Montana",
    "NC": "North Carolina",
    "ND": "North Dakota",
    "NE": "Nebraska",
    "NH": "New Hampshire",
    "NJ": "New Jersey",
    "NM": "New Mexico",
    "NV": "Nevada",
    "NY": "New York",
    "OH": "Ohio",
    "OK": "Oklahoma",
    "OR": "Oregon",
    "PA": "Pennsylvania",
    "RI": "Rhode Island",
    "SC": "South Carolina",
    "SD": "South Dakota",
    "TN": "Tennessee",
    "TX": "Texas",
    "UT": "Utah",
    "VA": "Virginia",
    "VT": "Vermont",
    "WA": "Washington",
    "WI": "Wisconsin",
    "WV": "West Virginia",
    "WY": "Wyoming",
}
"""The states of the USA, where many cities share a name."""


# Languages whose speakers mostly keep one time. Spanish, Portuguese, Arabic and Russian are spoken in many.
_AT_HOME = frozenset(
    {"bg", "bn", "cs", "da", "de", "el", "et", "fi", "gu", "he", "hi", "hr", "hu", "it", "ja", "kn", "ko", "lt", "lv"}
    | {"ml", "mr", "nb", "pl", "ro", "sk", "sl", "sr", "sv", "ta", "te", "th", "tr", "uk", "vi"}
)


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


def is_sure(language_code: str | None) -> bool:
    """Whether the guess is as good as certain: a country with one time zone, or a language of one."""
    language, _, region = (language_code or "").replace("_", "-").lower().partition("-")
    country = region.rpartition("-")[2].upper()
    return len(_countries().get(country, [])) == 1 or (country not in _countries() and language in _AT_HOME)


def todays_name(zone: str) -> str:
    """The name by which a country lists a zone that had another one, as Asia/Calcutta; else the same name."""
    named = _todays_names().get(zone, zone)
    return named if country_of(named) and not country_of(zone) else zone


def zones_of_countries() -> list[str]:
    """The time zones that countries list."""
    return [zone for zones in _countries().values() for zone in zones]


def every_zone() -> list[str]:
    """All time zones with a name: those of countries first, then older names."""
    listed = zones_of_countries()
    return [*listed, *sorted(zone for zone in available_timezones() - set(listed) if not zone.startswith("Etc/"))]


def country_of(timezone: str) -> str | None:
    """The country of a time zone, as two letters; None for one like UTC."""
    return _countries_of_zones().get(timezone)


def city(timezone: str, locale: Locale) -> str:
    """The name of a time zone: its city, as "São Paulo"."""
    if "/" not in timezone:
        return timezone
    return str(get_timezone_location(timezone, locale=locale, return_city=True)).rpartition("/")[2]


def city_and_country(timezone: str, locale: Locale) -> str:
    """The city with its country, to tell places apart: "Santiago, Chile"."""
    country = locale.territories.get(country_of(timezone) or "")
    return f"{city(timezone, locale)}, {country}" if country else city(timezone, locale)


@cache
def _countries_of_zones() -> dict[str, str]:
    return {zone: country for country, zones in _countries().items() for zone in zones}


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
