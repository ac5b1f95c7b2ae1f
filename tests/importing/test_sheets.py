"""Sheets: whole files, the hostile ones too: good lines are read, bad ones are told with all that is wrong."""

from contextlib import suppress
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from loyalty_app.importing.candidates import Candidate, Setting
from loyalty_app.importing.sheet import LARGEST_FILE, read_sheet, without_wrong_lines
from loyalty_core.customers import Profile
from loyalty_core.errors import InvalidRequest
from testkit.builders import NOON

BERLIN = Setting("DE", ZoneInfo("Europe/Berlin"), NOON)


def read(data: str | bytes) -> tuple[list[Candidate], list[tuple[int, str | None, str]]]:
    raw = data.encode() if isinstance(data, str) else data
    people, remarks = without_wrong_lines(list(read_sheet(raw, BERLIN).lines))
    return people, [(remark.place, remark.field, remark.message) for remark in remarks]


def names(data: str | bytes) -> list[str]:
    return [one.profile.name for one in read(data)[0]]


def test_a_whole_line_is_read() -> None:
    [ana], wrong = read(
        "name;phone;email;stamps;birthday;joined\nAna;0170 1234567;a@example.com;3;17.05.1990;1.2.2024\n"
    )
    profile = Profile(name="Ana", phone="+491701234567", email="a@example.com", birthday=date(1990, 5, 17))
    joined = datetime(2024, 1, 31, 23, tzinfo=UTC)
    assert (ana, wrong) == (Candidate(place=2, profile=profile, stamps=3, joined_at=joined), [])


@pytest.mark.parametrize(
    ("begin", "what"),
    [
        (b"PK\x03\x04\x14\x00", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "workbook"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n", "picture"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_as_a_whole(begin: bytes, what: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read(begin + b"name;phone\nAna;\n")
    [error] = refusal.value.errors
    assert what in error.message
    assert "CSV" in error.message


def test_only_a_name_is_needed() -> None:
    assert names("Ana\nBen\n") == ["Ana", "Ben"]
    assert names("Name,Phone\nAna,\nBen\n") == ["Ana", "Ben"]


def test_a_name_may_stand_in_two_columns() -> None:
    assert names("Vorname;Nachname\nAna;Lovelace\nBen;\n;Cy\n") == ["Ana Lovelace", "Ben", "Cy"]
    assert names("Name,Last name\nAna Lovelace,Lovelace\n") == ["Ana Lovelace"]


def test_all_that_is_wrong_with_a_line_is_told_at_once() -> None:
    people, wrong = read("name,phone,email,stamps,birthday,joined\n,call me,at,many,2999-01-01,2999-01-01\nBen,,,,,\n")
    assert [one.profile.name for one in people] == ["Ben"]
    assert [(place, field) for place, field, _ in wrong] == [
        (2, field) for field in ("name", "phone", "email", "stamps", "birthday", "joined_at")
    ]


def test_a_name_with_a_line_break_becomes_one_line() -> None:
    assert names('name,phone\n"Ana\nLovelace",\n') == ["Ana Lovelace"]


def test_who_joined_today_joined_now() -> None:
    [ana], _ = read("name,joined\nAna,2026-03-02\n")
    assert ana.joined_at is None


@pytest.mark.parametrize("formula", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)"])
def test_a_guarded_name_is_the_name(formula: str) -> None:
    assert names(f"name;phone\n'{formula};\n") == [formula]


def test_letters_that_cannot_be_read_cost_their_line() -> None:
    people, wrong = read("name,email\nZoë,\nJosé,\n".encode() + "Größe,\n".encode("cp1252") + b"Ben,\n")
    assert [one.profile.name for one in people] == ["Zoë", "José", "Ben"]
    [(place, field, message)] = wrong
    assert (place, field) == (4, "name")
    assert "--encoding" in message


def test_a_zero_byte_costs_its_line() -> None:
    people, wrong = read("name,phone\nA\x00na,\nBen,\n")
    assert [one.profile.name for one in people] == ["Ben"]
    assert [place for place, *_ in wrong] == [2]


def test_a_line_with_too_many_cells_is_not_guessed() -> None:
    people, wrong = read("name,phone\nLovelace, Ana,0170 1234567\nBen,,\n")
    assert [one.profile.name for one in people] == ["Ben"]
    assert "3 cells where the first line has 2" in wrong[0][2]


@pytest.mark.parametrize(
    ("data", "why"), [(b"", "empty"), (b"\n\n  \n", "empty"), (b"Phone;Email\n1;2\n", "no column")]
)
def test_a_file_without_people_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(InvalidRequest, match=why):
        read(data)


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    with pytest.raises(InvalidRequest, match="100 MB"):
        read_sheet(b"x" * (LARGEST_FILE + 1), BERLIN)


def test_a_file_of_one_endless_line_is_refused_in_no_time() -> None:
    with pytest.raises(InvalidRequest, match="longer than"):
        read(b"x" * 20_000_000)


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 40, b"\xff\xfe\x00", b"PK\x03\x04" + bytes(range(255, 0, -1)) * 9]
)
def test_what_is_no_sheet_at_all_makes_no_noise(data: bytes) -> None:
    with suppress(InvalidRequest):
        read(data)
