"""Marks: a logo and a sign of the stamps are kept small and safe, and are seen on cards, from either side."""

from collections.abc import Callable
from io import BytesIO

import pytest
from msgspec.structs import replace
from PIL import Image

from loyalty_app.customers.card_pictures import look_of
from loyalty_app.pictures.card import draw_card
from loyalty_app.pictures.layout import Box
from loyalty_app.pictures.marks import LOGO, STAMP, Sign, is_sign, logo_png, stamp_png
from loyalty_app.pictures.paper import NotALogo
from loyalty_app.pictures.poster import HEAD, LYING_HEAD, PosterPicture, draw_lying, draw_upright
from loyalty_app.pictures.samples import ARABIC, LATIN, LINK, POSTER
from tests.pictures.looking import changed, codes_on

RED = (220, 20, 30)


def file_of(picture: Image.Image, kind: str = "PNG") -> bytes:
    file = BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def plain(size: tuple[int, int], colour: tuple[int, ...] = RED) -> Image.Image:
    return Image.new("RGB" if len(colour) == 3 else "RGBA", size, colour)


def kept_picture(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png), formats=["PNG"])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_kept_small_in_its_own_proportions(kind: str) -> None:
    kept = kept_picture(logo_png(file_of(plain((3_000, 1_000)), kind)))
    assert (kept.format, kept.size) == ("PNG", (LOGO[0], LOGO[0] // 3))


def test_an_edge_that_cannot_be_seen_is_cut_off() -> None:
    wide = plain((600, 600), (0, 0, 0, 0))
    wide.paste(RED, (200, 250, 400, 350))
    assert kept_picture(logo_png(file_of(wide))).size == pytest.approx((107, 53), abs=2)


@pytest.mark.parametrize("make", [logo_png, stamp_png])
def test_what_is_no_picture_or_shows_nothing_is_refused(make: Callable[[bytes], bytes]) -> None:
    for wrong in (b"", b"<svg/>", file_of(plain((50, 50), (1, 2, 3, 0))), file_of(plain((13_000, 1_000)))):
        with pytest.raises(NotALogo):
            make(wrong)


def test_a_stamp_is_round_and_a_photo_fills_it_while_a_mark_keeps_clear_of_its_edge() -> None:
    photo = kept_picture(stamp_png(file_of(plain((300, 200)))))
    mark = plain((300, 200), (0, 0, 0, 0))
    mark.paste(RED, (10, 10, 290, 190))
    mark.putpixel((0, 0), (9, 9, 9, 9))
    drawn = kept_picture(stamp_png(file_of(mark)))
    middle, edge = (STAMP // 2, STAMP // 2), (STAMP // 2, 6)
    assert [one.getpixel((0, 0))[3] for one in (photo, drawn)] == [0, 0]  # type: ignore[index]  # RGBA
    assert [photo.getpixel(middle), photo.getpixel(edge)] == [(*RED, 255)] * 2
    assert [drawn.getpixel(middle), drawn.getpixel(edge)] == [(*RED, 255), (255, 255, 255, 255)]


@pytest.mark.parametrize("sign", ["☕", "🇩🇪", "👨‍👩‍👧", "❤️", "👍🏽", "क", "ع", "★", "A"])
def test_one_letter_or_emoji_of_any_script_is_a_sign_and_is_seen_on_each_stamp(sign: str) -> None:
    assert is_sign(sign)
    for card in (LATIN, ARABIC):
        starred, signed = (draw_card(replace(card, sign=one)) for one in (Sign(), Sign(sign)))
        assert changed(starred, signed).width > 0
        assert codes_on(signed) == codes_on(starred)


@pytest.mark.parametrize("text", ["", " ", "ab", "☕☕", "\u200b", "\U000eff80", "a\u0301b"])
def test_what_is_no_single_letter_or_cannot_be_seen_is_no_sign(text: str) -> None:
    assert not is_sign(text)


def test_a_picture_is_seen_on_filled_stamps_only() -> None:
    sign = Sign(picture=stamp_png(file_of(plain((100, 100)))))
    empty, full = (draw_card(replace(LATIN, current_stamps=n, sign=sign)) for n in (0, 7))
    reds = [sum(count for count, colour in one.getcolors(2**20) or [] if colour == RED) for one in (empty, full)]
    assert reds[0] == 0
    assert reds[1] > 7 * 2_000


def test_a_logo_stands_where_the_name_begins_and_the_code_is_still_read() -> None:
    logo = logo_png(file_of(plain((300, 100))))
    for card, from_right in ((LATIN, False), (ARABIC, True)):
        without, drawn = draw_card(card), draw_card(replace(card, logo=logo))
        where = changed(without, drawn)
        assert (where.right > 940) == from_right
        assert (where.left < 60) != from_right
        assert where.bottom < 140
    assert codes_on(draw_card(replace(LATIN, logo=logo))) == [LINK]


def test_another_look_is_another_picture() -> None:
    cards = [
        LATIN,
        *(replace(LATIN, **one) for one in ({"sign": Sign("☕")}, {"sign": Sign(picture=b"x")}, {"logo": b"x"})),
    ]
    assert len({look_of(card) for card in cards}) == 4


LONG_HOURS = "\n".join(f"Mon–Fri {hour}:00–{hour + 3}:30, closed on holidays" for hour in range(7, 14))


@pytest.mark.parametrize("hours", ["Daily 8–20", LONG_HOURS, "كل يوم ٨–٢٢", "x" * 300])
@pytest.mark.parametrize(("draw", "head"), [(draw_upright, HEAD), (draw_lying, LYING_HEAD)])
def test_address_and_opening_hours_stand_in_the_head_of_a_poster_and_its_code_is_read(
    draw: Callable[[PosterPicture, float], Image.Image], head: Box, hours: str
) -> None:
    long = PosterPicture(
        **{**{n: getattr(POSTER, n) for n in POSTER.__struct_fields__}, "reward_description": "word " * 40}
    )
    for poster in (POSTER, long):
        told = replace(poster, address="Old Town 1\n10115 Berlin", opening_hours=hours)
        without, drawn = draw(poster, 0.5), draw(told, 0.5)
        where, scale = changed(without, drawn), without.width / (1480 if head == HEAD else 2100)
        assert where.top >= head.top * scale
        assert where.bottom <= head.bottom * scale
        assert codes_on(drawn) == [POSTER.link]
