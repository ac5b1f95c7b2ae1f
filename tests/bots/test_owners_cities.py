"""Places: guessing where a shop is, and understanding which city somebody means."""

from zoneinfo import available_timezones

import pytest
from babel import Locale

from bots.owners.cities import Place, city, city_and_country, country_of, find_zones, guess

ENGLISH = Locale("en", "GB")


@pytest.mark.parametrize(
    ("language_code", "place"),
    [
        ("de", Place("Europe/Berlin", "DE")),
        ("de-at", Place("Europe/Vienna", "AT")),
        ("en-us", Place("America/New_York", "US")),
        ("pt-br", Place("America/Sao_Paulo", "BR")),
        ("ru", Place("Europe/Moscow", "RU")),
        ("hi", Place("Asia/Kolkata", "IN")),
        ("zh-hant-tw", Place("Asia/Taipei", "TW")),
        ("en", Place("UTC", None)),
        ("xx", Place("UTC", None)),
        ("", Place("UTC", None)),
        (None, Place("UTC", None)),
    ],
)
def test_a_language_hints_at_a_place_but_english_alone_does_not(language_code: str | None, place: Place) -> None:
    assert guess(language_code) == place


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("berlin", "Europe/Berlin"),
        (" São Paulo ", "America/Sao_Paulo"),
        ("sao paulo", "America/Sao_Paulo"),
        ("SAO-PAULO", "America/Sao_Paulo"),
        ("Kolkata", "Asia/Kolkata"),
        ("calcutta", "Asia/Kolkata"),
        ("Kiev", "Europe/Kyiv"),
        ("europe/madrid", "Europe/Madrid"),
        ("India", "Asia/Kolkata"),
        ("utc", "UTC"),
        ("mosc", "Europe/Moscow"),
    ],
)
def test_a_city_a_country_or_a_zone_is_found_forgivingly(typed: str, zone: str) -> None:
    assert find_zones(typed, ENGLISH) == [zone]


def test_a_city_is_found_in_the_language_of_who_types_it() -> None:
    assert find_zones("Москва", Locale("ru")) == ["Europe/Moscow"]
    assert find_zones("Wien", Locale("de")) == ["Europe/Vienna"]
    assert find_zones("भारत", Locale("hi")) == ["Asia/Kolkata"]


def test_of_a_large_country_some_zones_are_offered_the_main_one_first() -> None:
    found = find_zones("Brazil", ENGLISH)
    assert found[0] == "America/Sao_Paulo"
    assert 2 <= len(found) <= 8


@pytest.mark.parametrize("typed", ["", "x", "nowhere at all", "???", "/", "a" * 4000])
def test_what_nobody_knows_is_not_found(typed: str) -> None:
    assert find_zones(typed, ENGLISH) == []


def test_all_that_is_found_can_be_taken() -> None:
    for typed in ("san", "america", "us", "asia/", "eur"):
        assert set(find_zones(typed, ENGLISH)) <= available_timezones()


def test_the_country_follows_from_the_zone() -> None:
    assert [country_of(zone) for zone in ("Europe/Vienna", "Asia/Kolkata", "UTC")] == ["AT", "IN", None]


def test_a_zone_is_called_by_its_city_in_the_readers_language() -> None:
    assert city("Europe/Vienna", Locale("de")) == "Wien"
    assert city("UTC", Locale("de")) == "UTC"
    assert city_and_country("America/Santiago", ENGLISH) == "Santiago, Chile"
    assert city_and_country("UTC", ENGLISH) == "UTC"
