"""Fitting: what Telegram would refuse for its length is never sent, and nothing is cut within a line."""

import pytest

from bots.words import CAPTION, LABEL, Html, fitted, listed, shortened, units, words_for


@pytest.mark.parametrize(
    ("text", "length"),
    [("", 0), ("abc", 3), ("<b>abc</b>", 3), ("a &amp; b", 5), ("🦊", 2), ("&lt;b&gt;", 3), ("é", 1)],
)
def test_a_text_is_as_long_as_telegram_takes_it_to_be(text: str, length: int) -> None:
    assert units(Html(text)) == length


@pytest.mark.parametrize("lines", [0, 1, 9, 10, 11, 100])
def test_lines_are_kept_whole_while_there_is_room(lines: int) -> None:
    text = fitted(Html("head"), [Html("🦊" * 50)] * lines, most=CAPTION)
    assert units(text) <= CAPTION
    assert text.split("\n")[1:] == ["🦊" * 50] * lines if lines < 11 else text.endswith(f"{'🦊' * 50}\n…")


def test_a_name_that_is_too_long_for_a_button_ends_with_an_ellipsis() -> None:
    assert shortened("x" * LABEL) == "x" * LABEL
    assert shortened("x" * 100) == "x" * (LABEL - 1) + "…"


def test_of_very_many_names_the_first_are_told() -> None:
    words = words_for("en")
    assert listed(["Bean", "Moon"], words) == "Bean and Moon"
    assert listed(["Bean"] * 99, words).count("Bean") == 20
