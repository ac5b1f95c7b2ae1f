"""Posters and sheets: the reward first, a code that joins the shop, sharp on paper, whatever is written on them."""

import math
import re
from collections.abc import Callable
from io import BytesIO

import pytest
from msgspec.structs import replace
from PIL import Image

from loyalty_app.pictures.layout import Box
from loyalty_app.pictures.paper import MOST_LOGO_PIXELS, PER_UNIT, NotALogo, read_logo
from loyalty_app.pictures.poster import (
    FRAME,
    HEAD,
    LINE,
    LINK,
    LYING,
    LYING_FRAME,
    LYING_HEAD,
    REWARD,
    ROUND,
    SIGN,
    UPRIGHT,
    PosterPicture,
    draw_lying,
    draw_upright,
)
from loyalty_app.pictures.samples import POSTER
from loyalty_app.pictures.sheets import A4, DRAWN, PrintSheet, render_sheet
from tests.pictures.looking import changed, codes_on, colour_at, opened, photographed, within

LONGEST = f"https://t.me/{'b' * 32}?start=j_{'s' * 62}"


SMALL = 0.5
"""The scale at which most is looked at, because it is four times as fast: A7."""


def part(area: Box) -> Box:
    """A box of the design, in pixels of A7."""
    return Box(*(round(side * PER_UNIT * SMALL) for side in area))


def logo(size: tuple[int, int] = (600, 200), kind: str = "PNG", mode: str = "RGBA") -> bytes:
    file = BytesIO()
    Image.new(mode, size, (200, 30, 60, 255)[: len(mode)]).save(file, kind)
    return file.getvalue()


def page_of(pdf: bytes) -> Image.Image:
    """The picture on the page of a PDF."""
    return Image.open(BytesIO(pdf[pdf.index(b"\xff\xd8\xff") :]))


@pytest.mark.parametrize(
    ("sheet", "millimetres"),
    [
        (PrintSheet.A5, (148, 210)),
        (PrintSheet.A4, (210, 297)),
        (PrintSheet.TENT, (210, 297)),
        (PrintSheet.STICKERS, (210, 297)),
    ],
)
def test_a_sheet_is_a_pdf_of_one_page_at_300_dpi(sheet: str, millimetres: tuple[int, int]) -> None:
    pdf = render_sheet(PrintSheet(sheet), POSTER)
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == 1
    [box] = re.findall(rb"/MediaBox \[ ?([\d. ]+) ?\]", pdf)
    points = [float(side) for side in box.split()][2:]
    assert [side / 72 * 25.4 for side in points] == pytest.approx(millimetres, abs=0.2)
    assert page_of(pdf).size == pytest.approx([side / 25.4 * 300 for side in millimetres], abs=2)


def test_the_same_poster_is_the_same_file() -> None:
    assert render_sheet(PrintSheet.A5, POSTER) == render_sheet(PrintSheet.A5, POSTER)


@pytest.mark.parametrize(
    ("sheet", "codes"), [(PrintSheet.A5, 1), (PrintSheet.A4, 1), (PrintSheet.TENT, 2), (PrintSheet.STICKERS, 8)]
)
@pytest.mark.parametrize("link", [POSTER.link, LONGEST])
def test_every_code_on_a_sheet_is_the_link(sheet: PrintSheet, codes: int, link: str) -> None:
    page = DRAWN[sheet](replace(POSTER, link=link))
    across, down = {1: (1, 1), 2: (1, 2), 8: (2, 4)}[codes]
    width, height = page.width // across, page.height // down
    parts = [(x * width, y * height, (x + 1) * width, (y + 1) * height) for x in range(across) for y in range(down)]
    assert [codes_on(page.crop(one)) for one in parts] == [[link]] * codes


@pytest.mark.parametrize(
    "page", ["https://cards.example.com/join/cafe-1a2b3c", f"https://{'c' * 40}.example/{'s' * 60}"]
)
@pytest.mark.parametrize("draw", [draw_upright, draw_lying])
def test_with_a_page_there_is_a_second_code_which_leads_there(
    draw: Callable[[PosterPicture, float], Image.Image], page: str
) -> None:
    both = replace(POSTER, link=LONGEST, page_link=page, captions=("With Telegram", "Without Telegram"))
    assert sorted(codes_on(draw(both, SMALL))) == sorted([LONGEST, page])


@pytest.mark.parametrize("link", [POSTER.link, LONGEST])
def test_the_code_of_a_poster_can_be_scanned_from_afar(link: str) -> None:
    assert codes_on(photographed(draw_upright(replace(POSTER, link=link), 1))) == [link]


def test_the_reward_stands_above_the_code_in_the_largest_letters() -> None:
    empty, full = draw_upright(replace(POSTER, reward_description=""), SMALL), draw_upright(POSTER, SMALL)
    where = changed(empty, full)
    assert within(where, part(HEAD))
    assert where.height > changed(draw_upright(replace(POSTER, shop_name=""), SMALL), full).height * 2
    assert where.bottom < part(FRAME).top


def test_the_sign_of_the_messenger_stands_beside_its_words() -> None:
    assert "Telegram" in POSTER.headline
    plain, signed = draw_upright(replace(POSTER, headline=""), SMALL), draw_upright(POSTER, SMALL)
    assert within(changed(plain, signed), part(SIGN))


def test_the_sign_is_a_paper_plane_on_a_disc() -> None:
    signed = draw_upright(POSTER, 1)
    area = Box(*(round(side * PER_UNIT) for side in SIGN))
    side = min(area.height, round(84 * PER_UNIT))
    disc = signed.crop((0, area.top, signed.width, area.bottom))
    left = changed(Image.new("RGB", disc.size, "white"), disc).left
    inner = disc.crop((left + side // 4, side // 4, left + side * 3 // 4, side * 3 // 4)).convert("L")
    white = sum(inner.histogram()[200:]) / (inner.width * inner.height)
    assert 0.15 < white < 0.8


def test_the_line_around_the_code_is_whole() -> None:
    for draw, frame in ((draw_upright, FRAME), (draw_lying, LYING_FRAME)):
        picture, area = draw(POSTER, 1), Box(*(round(side * PER_UNIT) for side in frame))
        inset = (1 - math.sqrt(0.5)) * ROUND * PER_UNIT + LINE / 2 * PER_UNIT * math.sqrt(0.5)
        for x in (area.left + inset, area.right - 1 - inset):
            for y in (area.top + inset, area.bottom - 1 - inset):
                assert sum(colour_at(picture, (x, y))) < 450, (draw, x, y)


@pytest.mark.parametrize("colour", ["#FFFFFF", "#000000", "#F2C14E"])
def test_the_edges_are_white_for_printers_that_leave_them_out(colour: str) -> None:
    for picture in (
        draw_upright(replace(POSTER, colour=colour), SMALL),
        draw_lying(replace(POSTER, colour=colour), SMALL),
    ):
        picture.paste((255, 255, 255), (47, 47, picture.width - 47, picture.height - 47))
        assert picture.getextrema() == ((255, 255),) * 3


def test_a_long_link_is_written_whole() -> None:
    one, other = (draw_upright(replace(POSTER, link=LONGEST[:-1] + last), SMALL) for last in "12")
    below = part(LINK)
    found = changed(*(picture.crop((below.left, below.top, below.right, below.bottom)) for picture in (one, other)))
    assert 0 < found.width < 20  # the last digit and nothing else


def test_a_poster_in_arabic_begins_its_steps_on_the_right() -> None:
    left, right = (draw_upright(replace(POSTER, language=language), SMALL) for language in ("en", "ar"))
    at = round(158 * PER_UNIT * SMALL), round(1777 * PER_UNIT * SMALL)
    assert left.getpixel(at) != (255, 255, 255)
    assert right.getpixel(at) == (255, 255, 255)


@pytest.mark.parametrize(("field", "place"), [("shop_name", HEAD), ("reward_description", REWARD), ("headline", SIGN)])
@pytest.mark.parametrize("text", ["W" * 200, "क्षि" * 60, "ش" * 200, "語" * 200, "word " * 50])
def test_two_hundred_letters_stay_in_their_part_of_the_poster(field: str, place: Box, text: str) -> None:
    empty, full = (draw_upright(replace(POSTER, **{field: said}), SMALL) for said in ("", text))
    assert within(changed(empty, full), part(place))


@pytest.mark.parametrize("text", ["W" * 200, "क्षि" * 60, "ش" * 200, "語" * 200, "word " * 50])
def test_two_hundred_letters_stay_in_their_part_of_a_sticker(text: str) -> None:
    empty, full = (draw_lying(replace(POSTER, reward_description=said), SMALL) for said in ("", text))
    assert within(changed(empty, full), part(LYING_HEAD))


def test_the_whole_reward_is_shown_in_smaller_letters() -> None:
    reward = "8 stamps: any large hot or cold drink of your choice with a slice of cake, every day of the week"
    one, other = (draw_upright(replace(POSTER, reward_description=said), SMALL) for said in (reward, reward + "!"))
    assert changed(one, other).height > 0, "the last letter is there"


def test_both_faces_of_a_tent_are_the_same_and_one_is_upside_down() -> None:
    page = DRAWN[PrintSheet.TENT](POSTER)
    middle = A4[1] // 2
    upper, lower = page.crop((0, 2, A4[0], middle - 2)).rotate(180), page.crop((0, middle + 2, A4[0], 2 * middle - 2))
    assert codes_on(upper) == codes_on(lower) == [POSTER.link]
    assert changed(upper.crop((0, 20, A4[0], 1500)), lower.crop((0, 20, A4[0], 1500))).height <= 4


@pytest.mark.parametrize(("draw", "head"), [(draw_upright, HEAD), (draw_lying, LYING_HEAD)])
def test_a_logo_stands_in_the_place_of_the_name(draw: Callable[[PosterPicture, float], Image.Image], head: Box) -> None:
    without, drawn = (draw(replace(POSTER, shop_name="", logo=given), SMALL) for given in (None, logo()))
    assert within(changed(without, drawn), part(head))
    assert codes_on(drawn) == [POSTER.link]


@pytest.mark.parametrize("kind", [("PNG", "RGBA"), ("PNG", "L"), ("JPEG", "RGB"), ("JPEG", "CMYK"), ("WEBP", "RGB")])
@pytest.mark.parametrize(("size", "fitted"), [((600, 200), (300, 100)), ((1, 900), (1, 100)), ((2_000, 1), (300, 1))])
def test_a_logo_of_any_kind_and_size_is_fitted(
    kind: tuple[str, str], size: tuple[int, int], fitted: tuple[int, int]
) -> None:
    read = read_logo(logo(size, *kind), (300, 100))
    assert (read.mode, read.size) == ("RGBA", fitted)


@pytest.mark.parametrize(
    "wrong",
    [
        *(b"", b"no picture", logo()[:60], logo((MOST_LOGO_PIXELS // 1_000 + 1, 1_000), "PNG", "L")),
        *(logo((2_600, 2_600), "WEBP", "RGB"), b"%PDF-1.7", b"<svg/>"),
    ],
    ids=["empty", "text", "broken", "too large", "takes too much memory", "pdf", "svg"],
)
def test_what_is_no_logo_is_refused(wrong: bytes) -> None:
    with pytest.raises(NotALogo, match="a logo is a picture"):
        render_sheet(PrintSheet.A5, replace(POSTER, logo=wrong))


def test_a_sheet_can_be_a_picture() -> None:
    assert opened(render_sheet(PrintSheet.A5, POSTER, png=True)).size == pytest.approx([1748, 2480], abs=2)


def test_the_designs_are_those_of_a5() -> None:
    assert (draw_upright(POSTER, 1).size, draw_lying(POSTER, 1).size) == (
        tuple(round(side * PER_UNIT) for side in UPRIGHT),
        tuple(round(side * PER_UNIT) for side in LYING),
    )


@pytest.mark.parametrize("draw", [draw_upright, draw_lying])
@pytest.mark.parametrize("address", ["", "Main Street 1\n1000 Town"])
def test_the_rewards_of_several_cards_stand_below_each_other_and_none_is_left_out(
    draw: Callable[[PosterPicture, float], Image.Image], address: str
) -> None:
    lines = ["Coffee: 10 stamps: a coffee", "Salad: 8 stamps: a salad", "Beans: 12 stamps: a bag", "and 7 more cards"]
    poster = replace(POSTER, reward_description="\n".join(lines), address=address)
    drawn = draw(poster, SMALL)
    for place in range(len(lines)):
        others = [*lines[:place], "Tea", *lines[place + 1 :]]
        assert changed(drawn, draw(replace(poster, reward_description="\n".join(others)), SMALL)).height, lines[place]
    assert codes_on(drawn) == [POSTER.link]
