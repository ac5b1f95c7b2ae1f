"""Phone numbers as people type them: only digits that were written count, and only one number."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.errors import InvalidRequest
from loyalty_core.phone_numbers import Dialled, dialled

MARKS = "\u200b\u200e\u200f\u202a\u202c\u2060\u2066\u2069\u00ad\ufe0d\ufe0f\ufeff\U000e0101\u061c"
ZEROS = [
    code for code in range(0x110000) if unicodedata.category(chr(code)) == "Nd" and unicodedata.digit(chr(code)) == 0
]


@pytest.mark.parametrize("zero", ZEROS, ids=lambda zero: unicodedata.name(chr(zero)).partition(" DIGIT")[0].lower())
def test_digits_of_every_script_are_digits(zero: int) -> None:
    assert dialled("".join(chr(zero + digit) for digit in range(10))) == Dialled("0123456789", has_words=False)


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: f"{ord(mark):x}")
def test_marks_that_cannot_be_seen_do_not_count(mark: str) -> None:
    assert dialled(mark + mark.join("+49 30 901820") + mark) == Dialled("+4930901820", has_words=False)


def test_a_tab_is_a_space() -> None:
    assert dialled("\t030\t901\t820") == Dialled("030901820", has_words=False)


@pytest.mark.parametrize("dash", "-‐‑‒–—―−﹣－ーｰ")
def test_every_dash_is_a_dash(dash: str) -> None:
    assert dialled(f"030{dash}901{dash}820").digits == "030901820"


@pytest.mark.parametrize(
    "typed",
    [
        "030 901820 privat",
        "Mama 030 901820",
        "Tel.: 030 901820",
        "☎ 030/901820 (Büro)",
        "телефон 030 901820 мама",
        "030 901820 منزل",
        "電話 030ー901820",
        "030 901820¹",
        "tel:030901820",
        "030 901820 @work #",
    ],
)
def test_words_beside_a_number_are_left_out_and_noted(typed: str) -> None:
    assert dialled(typed) == Dialled("030901820", has_words=True)


@pytest.mark.parametrize(
    "link", ["https://wa.me/4930901820", "wa.me/4930901820", "https://api.whatsapp.com/send?phone=4930901820"]
)
def test_a_link_to_a_number_has_its_country_code(link: str) -> None:
    assert dialled(link) == Dialled("+4930901820", has_words=False)


@pytest.mark.parametrize(
    "typed",
    [
        "+49 30 901820 ext. 12",
        "+49 30 901820 x12",
        "030 901820 Durchwahl 12",
        "030 901820 доб. 12",
        "tel:+4930901820;ext=12",
        "1-800-FLOWERS-24",
        "030 901820 nach 18 Uhr",
        "030 901820 / 0151 2345678",
        "030 901820, 0151 2345678",
        "030 901820\n0151 2345678",
        "+4930901820 +491512345678",
        "030 901820 oder 0151 2345678",
        "030 901\x00820",
        "030 901\x1b820",
    ],
)
def test_more_than_one_number_is_refused_with_what_would_be_right(typed: str) -> None:
    with pytest.raises(InvalidRequest, match=r"must (have no words|be one number).*as \+14155552671"):
        dialled(typed)


@pytest.mark.parametrize("typed", ["", "call me", "\0", "privat", "+", "五五五"])
def test_without_digits_there_is_no_number(typed: str) -> None:
    assert dialled(typed).digits == ""


@given(st.text(max_size=60))
def test_every_digit_was_written_and_in_this_order(typed: str) -> None:
    try:
        found = dialled(typed)
    except InvalidRequest:
        return
    written = "".join(str(unicodedata.digit(c)) for c in typed if unicodedata.category(c) == "Nd")
    assert re.fullmatch(r"\+?[0-9]*", found.digits)
    assert found.digits.lstrip("+") == written


def test_a_plus_says_that_a_number_has_its_country_code() -> None:
    assert dialled("+49 151 23456789").has_plus
    assert not dialled("0151 23456789").has_plus
