"""Colours: whatever a shop chooses, all that is written on it can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty_app.pictures.card import draw_card
from loyalty_app.pictures.chart import PAPER, strong
from loyalty_app.pictures.colours import COFFEE, Colour, contrast, mix, palette, parse_colour
from loyalty_app.pictures.samples import LATIN

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06X}")
EXTREMES = [
    "#FFFFFF",
    "#000000",
    "#777777",
    "#757575",
    "#FF0000",
    "#00FF00",
    "#FFFF00",
    "#0000FF",
    "#F2C14E",
    "#6F4E37",
]


@given(COLOURS)
def test_text_has_the_contrast_that_wcag_asks_for_on_any_colour(colour: str) -> None:
    found = palette(colour)
    for step in range(9):
        background = mix(found.light, found.dark, step / 8)
        assert contrast(found.ink, background) >= 4.5
        assert contrast(found.quiet, background) >= 4.5
    assert contrast(found.on_accent, found.accent) >= 4.5


@given(COLOURS)
def test_what_draws_the_eye_stands_out_from_the_colour(colour: str) -> None:
    found = palette(colour)
    assert min(contrast(found.accent, found.light), contrast(found.accent, found.dark)) >= 1.9


@given(COLOURS)
def test_bars_of_a_chart_can_be_seen_on_its_paper(colour: str) -> None:
    assert contrast(strong(colour), PAPER) >= 2


@pytest.mark.parametrize("colour", EXTREMES)
def test_the_background_of_a_card_lies_between_its_light_and_its_dark(colour: str) -> None:
    found, blank = palette(colour), replace(LATIN, colour=colour, shop_name="", reward_description="")
    pixels: set[Colour] = set()
    for place in ((0, 0, 40, 600), (0, 560, 1000, 600), (0, 0, 1000, 30)):
        data = draw_card(blank).crop(place).tobytes()
        pixels |= set(zip(data[::3], data[1::3], data[2::3], strict=True))
    for pixel in pixels:
        assert all(dark <= now <= light for dark, now, light in zip(found.dark, pixel, found.light, strict=True))
        assert contrast(found.ink, pixel) >= 4.5


def test_the_shop_s_colour_is_between_the_two() -> None:
    found = palette("#14508C")
    assert all(dark < own < light for dark, own, light in zip(found.dark, (20, 80, 140), found.light, strict=True))


def test_contrast_is_that_of_wcag() -> None:
    assert contrast((255, 255, 255), (0, 0, 0)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("text", ["", "#FFF", "red", "#GGGGGG", "#1234567", "＃112233", "#１１２２３３"])
def test_what_is_no_colour_gives_the_default(text: str) -> None:
    assert parse_colour(text) == COFFEE
