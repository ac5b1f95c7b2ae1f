"""The poster: a sheet for the counter whose code joins the shop, whatever is written on it."""

import pytest
from msgspec.structs import replace

from loyalty_app.pictures.layout import Box
from loyalty_app.pictures.poster import DPI, FOOT, FRAME, HEAD, HEIGHT, WIDTH, render_poster
from loyalty_app.pictures.samples import POSTER
from tests.pictures.looking import changed, codes_on, opened, photographed, within

LONGEST = f"https://t.me/{'b' * 32}?start=j_{'s' * 62}"


def test_a_poster_is_an_a5_sheet() -> None:
    millimetres = [side / DPI * 25.4 for side in (WIDTH, HEIGHT)]
    assert millimetres == pytest.approx([148, 210])
    assert opened(render_poster(POSTER)).size == (WIDTH, HEIGHT)


@pytest.mark.parametrize("link", [POSTER.link, LONGEST])
def test_the_code_of_a_poster_is_the_link_and_can_be_scanned_from_afar(link: str) -> None:
    picture = opened(render_poster(replace(POSTER, link=link)))
    assert codes_on(picture) == [link]
    assert codes_on(photographed(picture)) == [link]


@pytest.mark.parametrize("colour", ["#FFFFFF", "#000000", "#F2C14E"])
def test_the_edges_are_white_for_printers_that_leave_them_out(colour: str) -> None:
    picture = opened(render_poster(replace(POSTER, colour=colour)))
    picture.paste((255, 255, 255), (80, 80, WIDTH - 80, HEIGHT - 80))
    assert picture.getextrema() == ((255, 255),) * 3


def test_a_long_link_is_written_whole() -> None:
    one, other = (opened(render_poster(replace(POSTER, link=LONGEST[:-1] + last))) for last in "12")
    below = Box(0, FRAME.bottom + 10, WIDTH, 110)
    found = changed(*(picture.crop((0, below.top, WIDTH, below.bottom)) for picture in (one, other)))
    assert 0 < found.width < 40  # the last digit and nothing else


def test_a_poster_in_arabic_begins_its_steps_on_the_right() -> None:
    left, right = (opened(render_poster(replace(POSTER, language=language))) for language in ("en", "ar"))
    assert left.getpixel((160, 1530)) != (255, 255, 255)
    assert right.getpixel((160, 1530)) == (255, 255, 255)


@pytest.mark.parametrize(("field", "place"), [("shop_name", HEAD), ("headline", HEAD), ("reward_description", FOOT)])
@pytest.mark.parametrize("text", ["W" * 200, "क्षि" * 60, "ش" * 200, "語" * 200, "word " * 50])
def test_two_hundred_letters_stay_in_their_part_of_the_poster(field: str, place: Box, text: str) -> None:
    empty, full = (opened(render_poster(replace(POSTER, **{field: said}))) for said in ("", text))
    assert within(changed(empty, full), place)
