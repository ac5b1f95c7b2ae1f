"""The law-book of codes: how they are made, and in how many ways people may type or scan them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.customers import ALPHABET, CODE_RANDOM_BYTES, new_code, parse_code
from testkit.builders import patiently

CODE = "CUS0123ABCJKM"
BYTES = st.binary(min_size=CODE_RANDOM_BYTES, max_size=CODE_RANDOM_BYTES)
LOOK_ALIKES = {"0": "0Oo", "1": "1IiLl"}


@st.composite
def spelled(draw: st.DrawFn, code: str) -> str:
    """The code as somebody might type it: either case, look-alikes, spaces and dashes, with CUS or without."""
    shown = code if draw(st.booleans()) else code.removeprefix("CUS")
    letters = [draw(st.sampled_from(LOOK_ALIKES.get(letter, letter + letter.lower()))) for letter in shown]
    return "".join(letter + draw(st.sampled_from(["", "", " ", "-", " - "])) for letter in letters)


@patiently
@given(BYTES)
def test_a_new_code_is_cus_and_ten_letters_that_nobody_confuses(random: bytes) -> None:
    code = new_code(random)
    assert (code[:3], len(code)) == ("CUS", 13)
    assert not set(code[3:]) & set("ILOU")
    assert set(code[3:]) <= set(ALPHABET)


@patiently
@given(st.data(), BYTES)
def test_a_code_is_read_back_in_every_spelling(data: st.DataObject, random: bytes) -> None:
    code = new_code(random)
    assert parse_code(code) == code
    assert parse_code(data.draw(spelled(code))) == code


@patiently
@given(st.text())
def test_whatever_is_typed_is_a_code_or_none(text: str) -> None:
    code = parse_code(text)
    assert code is None or parse_code(code) == code


def test_fifty_bits_of_the_random_bytes_make_the_code() -> None:
    codes = {new_code((1 << bit).to_bytes(CODE_RANDOM_BYTES, "big")) for bit in range(50)}
    assert len(codes) == 50
    assert new_code(bytes(CODE_RANDOM_BYTES)) not in codes


def test_random_bytes_beyond_the_seventh_make_no_difference() -> None:
    assert new_code(b"1234567") == new_code(b"1234567890")


@pytest.mark.parametrize(
    "typed",
    [
        "CUS0123ABCJKM",
        "cus0123abcjkm",
        "0123ABCJKM",
        "0123abcjkm",
        "CUS 0123 ABCJKM",
        "cus-0123-abc-jkm",
        "  CUS0123ABCJKM\n",
        "CUSO123ABCJKM",
        "cuso123abcjkm",
        "CUS0I23ABCJKM",
        "CUS0l23ABCJKM",
        "Oi23abcjkm",
        "\uff23\uff35\uff330123\uff21\uff22\uff23JKM",  # full-width letters
        "CUS\u00a00123ABCJKM",  # a space that does not break
        "CUS\u20110123\u2013ABC\u2212JKM",  # dashes that are none of the keyboard's
        "\u202aCUS0123\u2060ABCJKM\u202c",  # marks that cannot be seen
        "CUS0123\ufe0fABCJKM",
        "]Q1CUS0123ABCJKM",  # a scanner says what it has read
        "]C1 0123abcjkm",
        "*CUS0123ABCJKM*",
        "#CUS0123ABCJKM.",
        "(CUS 0123 ABCJKM)",
        "\u201eCUS0123ABCJKM\u201c",
        "CUS0123ABCJKM\x1d",
    ],
)
def test_a_code_is_forgiven_its_spelling(typed: str) -> None:
    assert parse_code(typed) == CODE


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "CUS",
        "CUS0123ABCJK",  # a letter short
        "CUS0123ABCJKMN",  # a letter long
        "CUS0123ABCJKU",  # a U is in no code
        "CUSCUS0123ABCJKM",
        "CAS0123ABCJKM",
        "CUS0123ABCJK!",
        "CUS0123_ABCJKM",
        "CUS\x000123ABCJKM",
        "+14155552671",
        "Lena",
        "\u0627\u0644\u0628\u0646",
        "c_CUS0123ABCJKM",
        "0123/ABCJKM",
    ],
)
def test_what_holds_no_code_is_none(typed: str) -> None:
    assert parse_code(typed) is None
