"""Direction: the order of letters is what fribidi, which raqm uses too, makes of the same text."""

import ctypes

from hypothesis import given
from hypothesis import strategies as st

from loyalty_app.pictures.bidi import base_level, is_rtl, levels, visual_order

LETTERS = "aé1٣ اعש-+,.%$ ()[]! 2"
FROM_LEFT, FROM_RIGHT = 0x110, 0x111


def levels_of_fribidi(library: ctypes.CDLL, text: str, base: int) -> list[int]:
    count = len(text)
    row = ctypes.c_uint32 * count
    letters, kinds, brackets, found = row(*map(ord, text)), row(), row(), (ctypes.c_int8 * count)()
    library.fribidi_get_bidi_types(letters, count, kinds)
    library.fribidi_get_bracket_types(letters, count, kinds, brackets)
    direction = ctypes.c_uint32(FROM_RIGHT if base else FROM_LEFT)
    library.fribidi_get_par_embedding_levels_ex(kinds, brackets, count, ctypes.byref(direction), found)
    return list(found)


@given(st.text(LETTERS, min_size=1, max_size=14).map(str.strip).filter(bool), st.sampled_from([0, 1]))
def test_levels_are_those_of_fribidi(fribidi: str, text: str, base: int) -> None:
    assert levels(text, base) == levels_of_fribidi(ctypes.CDLL(fribidi), text, base)


def test_spaces_at_the_end_go_with_the_line() -> None:
    assert levels("אב ", 0) == [1, 1, 0]
    assert levels("ab ", 1) == [2, 2, 1]


def test_marks_go_with_their_letters() -> None:
    assert levels("ש\u05bca", 0) == [1, 1, 0]
    assert levels("(ש)\u0301a", 1) == [1, 1, 1, 1, 2]


def test_higher_levels_are_turned_round_within_lower_ones() -> None:
    assert visual_order([0, 0, 0]) == [0, 1, 2]
    assert visual_order([1, 1, 1]) == [2, 1, 0]
    assert visual_order([1, 2, 2, 1]) == [3, 1, 2, 0]
    assert visual_order([0, 1, 2, 2, 1, 0]) == [0, 4, 2, 3, 1, 5]
    assert visual_order([]) == []


@given(st.lists(st.integers(0, 3)))
def test_an_order_leaves_nothing_out(row: list[int]) -> None:
    assert sorted(visual_order(row)) == list(range(len(row)))


def test_the_first_letter_with_a_direction_decides_else_the_language() -> None:
    assert [base_level("12 אa"), base_level("12 aא"), base_level("12"), base_level("12", rtl=True)] == [1, 0, 0, 1]


def test_languages_that_are_written_from_the_right_are_known_by_their_first_part() -> None:
    assert [is_rtl(tag) for tag in ("ar", "ar-EG", "he", "FA_ir", "ur")] == [True] * 5
    assert [is_rtl(tag) for tag in ("en", "hi", "zh-TW", "", "arn")] == [False] * 5
