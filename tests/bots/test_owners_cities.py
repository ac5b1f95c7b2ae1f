"""Places: guessing where a shop is, and understanding which city somebody means."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import available_timezones

import pytest
from babel import Locale

from bots.owners import city_search
from bots.owners.cities import Place, city, city_and_country, country_of, guess
from bots.owners.city_table import TABLE, City, cities_called, fold_name, largest_in_zones, names_of_parts, write_table

ENGLISH = Locale("en", "GB")
SUMMER = datetime(2026, 7, 1, 12, tzinfo=UTC)


def find_zones(typed: str, now: datetime = SUMMER) -> list[str]:
    return [choice.timezone for choice in city_search.find_zones(typed, now=now)]


def labels(typed: str) -> list[str]:
    return [choice.label(ENGLISH) for choice in city_search.find_zones(typed, now=SUMMER)]


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
        ("Munich", "Europe/Berlin"),
        ("MÜNCHEN", "Europe/Berlin"),
        ("Mumbai", "Asia/Kolkata"),
        ("Bombay", "Asia/Kolkata"),
        ("मुंबई", "Asia/Kolkata"),
        ("Москва", "Europe/Moscow"),
        ("Roma", "Europe/Rome"),
        ("القاهرة", "Africa/Cairo"),
        ("東京", "Asia/Tokyo"),
        ("Питер", "Europe/Moscow"),
        ("Graz", "Europe/Vienna"),
        ("Phnom Penh", "Asia/Phnom_Penh"),
        ("Deutschland", "Europe/Berlin"),
        ("Германия", "Europe/Berlin"),
        ("Springfield, Oregon", "America/Los_Angeles"),
        ("Springfield, MA", "America/New_York"),
        ("Paris, France", "Europe/Paris"),
    ],
)
def test_a_city_a_country_or_a_zone_is_found_forgivingly(typed: str, zone: str) -> None:
    assert find_zones(typed) == [zone]


@pytest.mark.parametrize(
    ("typed", "zones"),
    [
        ("Paris", ["Europe/Paris", "America/Chicago"]),
        ("London", ["Europe/London", "America/Toronto"]),
        ("Hyderabad", ["Asia/Kolkata", "Asia/Karachi"]),
        ("Springfield", ["America/Chicago", "America/New_York", "America/Los_Angeles"]),
        ("LA", ["America/Los_Angeles", "Asia/Vientiane"]),
    ],
)
def test_where_several_cities_fit_all_are_offered_the_largest_first(typed: str, zones: list[str]) -> None:
    assert find_zones(typed) == zones


def test_a_choice_names_the_city_that_was_typed() -> None:
    assert labels("Springfield")[0] == "Springfield, United States"
    assert labels("Munich") == ["Munich, Germany"]
    assert labels("UTC-3")[1] == "Buenos Aires, Argentina"


@pytest.mark.parametrize(
    ("typed", "offered", "missing"),
    [
        ("UTC+3", {"Europe/Moscow", "Europe/Istanbul", "Africa/Nairobi"}, {"Europe/London"}),
        ("utc +03:00", {"Europe/Moscow"}, set()),
        ("GMT\u22125", {"America/Lima", "America/Chicago"}, {"America/New_York"}),
        ("+5:30", {"Asia/Kolkata", "Asia/Colombo"}, set()),
        ("CET", {"Europe/Berlin", "Europe/Paris", "Europe/Rome"}, {"Europe/Brussels"}),
        ("est", {"America/New_York", "America/Toronto"}, set()),
        ("IST", {"Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"}, set()),
    ],
)
def test_an_offset_or_an_abbreviation_is_asked_about(typed: str, offered: set[str], missing: set[str]) -> None:
    found = find_zones(typed)
    assert offered <= set(found)
    assert not missing & set(found)
    assert 2 <= len(found) <= 8


def test_an_offset_is_that_of_the_day() -> None:
    winter = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert "America/New_York" in find_zones("UTC-5", winter)
    assert "America/New_York" not in find_zones("UTC-5")


def test_a_table_of_cities_is_read_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    towns = [City(f"Town {number}", "AT", "09", "Europe/Vienna", 9_999 - number) for number in range(2_500)]
    write_table(towns, [[town.name, f"Städtchen {number}"] for number, town in enumerate(towns)], tmp_path / "a.zip")
    write_table(towns, [[town.name, f"Städtchen {number}"] for number, town in enumerate(towns)], tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    monkeypatch.setattr("bots.owners.city_table.TABLE", tmp_path / "a.zip")
    names_of_parts.cache_clear()
    try:
        for number in range(0, len(towns), 97):
            assert cities_called(fold_name(f"STÄDTCHEN {number}")) == [towns[number]]
    finally:
        names_of_parts.cache_clear()


def test_the_zones_of_all_cities_are_known_and_the_table_is_small() -> None:
    assert set(largest_in_zones()) <= available_timezones()
    assert TABLE.stat().st_size < 4_000_000


def test_of_a_large_country_some_zones_are_offered_the_main_one_first() -> None:
    found = find_zones("Brazil")
    assert found[0] == "America/Sao_Paulo"
    assert 2 <= len(found) <= 8


@pytest.mark.parametrize("typed", ["", "x", "nowhere at all", "???", "/", "a" * 4000])
def test_what_nobody_knows_is_not_found(typed: str) -> None:
    assert find_zones(typed) == []


def test_all_that_is_found_can_be_taken() -> None:
    for typed in ("san", "america", "us", "asia/", "eur"):
        assert set(find_zones(typed)) <= available_timezones()


def test_the_country_follows_from_the_zone() -> None:
    assert [country_of(zone) for zone in ("Europe/Vienna", "Asia/Kolkata", "UTC")] == ["AT", "IN", None]


def test_a_zone_is_called_by_its_city_in_the_readers_language() -> None:
    assert city("Europe/Vienna", Locale("de")) == "Wien"
    assert city("UTC", Locale("de")) == "UTC"
    assert city_and_country("America/Santiago", ENGLISH) == "Santiago, Chile"
    assert city_and_country("UTC", ENGLISH) == "UTC"
