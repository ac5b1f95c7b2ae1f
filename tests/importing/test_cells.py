"""Cells: what was typed, and what a spreadsheet has made of it."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_app.exporting.files import guarded, write_sheet
from loyalty_app.importing.cells import day_of, phone_of, plain, stamps_of
from loyalty_core.errors import InvalidRequest


@pytest.mark.parametrize("cell", ["=1+1", "+49170", "-5", "@cmd", "'=1", "''=1", "'tHooft", "Ana", "", "'"])
def test_a_guard_against_formulas_comes_off_as_it_went_on(cell: str) -> None:
    assert plain(guarded(cell)) == cell


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs"])))
def test_every_text_survives_going_out_and_coming_back(text: str) -> None:
    assert plain(guarded(text)) == text or text.startswith('="')


def test_a_phone_number_with_long_notes_is_read_whole_or_not_at_all() -> None:
    assert phone_of("Telefonnummer der Mutter von Lena Meyer (abends): 030 12345678", "DE") == "+493012345678"
    with pytest.raises(InvalidRequest, match="not a text of more than 100 letters"):
        phone_of("030 12345678" + " bitte" * 20, "DE")


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_exported_cell_begins_like_a_formula(cell: str) -> None:
    assert guarded(cell).startswith("'")


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"])), st.sampled_from(["", '"', "'", '""']))
def test_no_exported_cell_becomes_a_formula_where_another_separator_is_usual(
    separator: str, text: str, quotes: str
) -> None:
    line = written(f"Ana{separator}{quotes}=1+1{text}")
    [row, *_] = csv.reader([line], delimiter=separator)
    assert not row[1].lstrip('"').startswith("=")


def written(cell: str) -> str:
    file = io.StringIO(newline="")
    write_sheet(file, ["name"], [["Bo", cell]])
    return file.getvalue().partition("\r\n")[2]


@pytest.mark.parametrize("cell", ["a;=1", "a;'=1", "a|+1;-2", ";;=1", "=1;=1", "a;'b", 'a;"=1"', "'=;'=;''="])
def test_a_guard_within_a_cell_comes_off_as_it_went_on(cell: str) -> None:
    assert plain(guarded(cell)) == cell


@pytest.mark.parametrize(
    "cell", ["0170 1234567", "'0170 1234567", "1701234567", "491701234567", "491701234567.0", '="+491701234567"',
             "+49 (170) 123-4567", "\u202a+49 170 1234567\u202c", "'+491701234567", "00491701234567"]
)  # fmt: skip
def test_a_phone_number_is_found_behind_what_spreadsheets_do_to_it(cell: str) -> None:
    assert phone_of(plain(cell), "DE") == "+491701234567"


@pytest.mark.parametrize("cell", ["4.91701E+11", "4,91701E+11", "4E11", "4.91701e+11"])
def test_a_number_that_was_rounded_is_refused_with_what_to_do(cell: str) -> None:
    with pytest.raises(InvalidRequest, match="format the column as text"):
        phone_of(cell, "DE")


@pytest.mark.parametrize("cell", ["call me", "1", "1" * 10_000, "+"])
def test_what_is_no_phone_number_is_refused(cell: str) -> None:
    with pytest.raises(InvalidRequest, match="phone"):
        phone_of(cell, "DE")


@pytest.mark.parametrize(("cell", "stamps"), [("", 0), ("0", 0), ("7", 7), ("7.0", 7), ("7,00", 7), ("1000", 1000)])
def test_stamps_are_whole_numbers(cell: str, stamps: int) -> None:
    assert stamps_of(cell) == stamps


@pytest.mark.parametrize("cell", ["-1", "1001", "3.5", "three", "1e3", "9" * 5_000, "٣x"])
def test_other_stamps_are_refused(cell: str) -> None:
    with pytest.raises(InvalidRequest, match="0 to 1000"):
        stamps_of(cell)


@pytest.mark.parametrize(
    ("cell", "country"),
    [
        ("1990-05-17", None),
        ("1990/5/17", None),
        ("1990-05-17T00:00:00", None),
        ("1990-05-17 00:00", None),
        ("17.05.1990", None),
        ("17.5.1990 08:30", "US"),
        ("05/17/1990", None),
        ("17/05/1990", "US"),
        ("5/17/1990", "DE"),
        ("17-05-1990", None),
    ],
)
def test_a_date_that_can_mean_one_day_only_is_read(cell: str, country: str | None) -> None:
    assert day_of("birthday", cell, country) == date(1990, 5, 17)


@pytest.mark.parametrize(
    ("country", "day"), [("US", date(1990, 5, 6)), ("GB", date(1990, 6, 5)), ("IN", date(1990, 6, 5))]
)
def test_a_date_that_can_mean_two_days_is_read_as_the_country_reads_it(country: str, day: date) -> None:
    assert day_of("birthday", "05/06/1990", country) == day


def test_a_date_that_can_mean_two_days_is_refused_where_nobody_knows() -> None:
    with pytest.raises(InvalidRequest, match="write 1990-06-05 or 1990-05-06"):
        day_of("birthday", "05/06/1990", None)


def test_twice_the_same_figure_is_one_day() -> None:
    assert day_of("birthday", "05/05/1990", None) == date(1990, 5, 5)


@pytest.mark.parametrize("cell", ["31.02.1990", "33010", "17.05.90", "May 17, 1990", "0000-00-00", "13/13/1990", "١٧"])
def test_what_is_no_day_is_refused(cell: str) -> None:
    with pytest.raises(InvalidRequest, match="must be a day"):
        day_of("birthday", cell, "DE")


def test_a_number_that_may_be_two_is_refused_and_not_guessed() -> None:
    with pytest.raises(InvalidRequest, match=r"write \+496141269664 or 0496141269664"):
        phone_of("496141269664", "DE")
