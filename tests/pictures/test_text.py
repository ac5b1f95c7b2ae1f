"""Text: every script in its own font, shaped and in its own direction, cut only where a reader would cut it."""

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL import ImageFont

from loyalty_app.customers.card_pictures import render_card
from loyalty_app.pictures.chart import render_chart
from loyalty_app.pictures.fitting import fit, title, wrap
from loyalty_app.pictures.fonts import (
    BOLD,
    HONG_KONG,
    JAPANESE,
    KOREAN,
    LATIN,
    SIMPLIFIED,
    TRADITIONAL,
    Face,
    every_face,
    font,
    han_face,
    has,
    unreadable_faces,
)
from loyalty_app.pictures.letters import clean, clusters
from loyalty_app.pictures.samples import CARDS, CHART, POSTER
from loyalty_app.pictures.sheets import PrintSheet, render_sheet
from loyalty_app.pictures.text import FINER, Line, Style, line, mask
from testkit.builders import patiently
from tests.pictures.glyphs import letters_of

STYLE = Style(40, BOLD)
SHAPED_WORDS = {"arabic": "فاطمة", "devanagari": "श्रीकृष्ण", "thai": "น้ำผึ้ง", "bengali": "শ্রীকৃষ্ণ", "tamil": "ஸ்ரீ"}
WORDS = [word for card in CARDS.values() for word in (card.shop_name, card.customer_name, card.reward_description)]
MORE_WORDS = ["Ελένη", "Łukasz Żółć", "Nguyễn Thị Hương", "გიორგი", "Արամ", "ಕನ್ನಡ", "తెలుగు", "മലയാളം", "සිංහල", "ລາວ"]
MORE_WORDS += ["ខ្មែរ", "မြန်မာ", "አበበ", "ਗੁਰਮੁਖੀ", "ગુજરાતી", "ଓଡ଼ିଆ", "€ £ ₹ ₽ ₺", "№ 1 — «ok» … ½ ×"]


def said(of: Line) -> str:
    """The letters of a line as they are read, if it has one direction."""
    runs = reversed(of.runs) if of.rtl else of.runs
    return "".join(run.text for run in runs)


def seen(text: str) -> list[str]:
    """The runs of a text from left to right, without spaces."""
    return [run.text.strip() for run in line(text, STYLE).runs if run.text.strip()]


def faces(text: str, language: str = "en") -> set[str]:
    return {run.face.name for run in line(text, Style(40, BOLD, language)).runs if run.text.strip()}


# Any text.


PLANES = st.sampled_from(
    [
        *((0x20, 0x250), (0x300, 0x370), (0x590, 0x700), (0x900, 0x1200), (0x2000, 0x2070), (0xD800, 0xE000)),
        *((0xFB50, 0xFE10), (0xFE20, 0xFE70), (0x12000, 0x12100), (0x1F000, 0x1FB00), (0x20000, 0x20100)),
        *((0xE0000, 0xE0200), (0, 0x20), (0, 0x110000)),
    ]
)
ANY_LETTERS = PLANES.flatmap(lambda plane: st.text(st.integers(plane[0], plane[1] - 1).map(chr), max_size=60))
ANY_TEXT = st.lists(ANY_LETTERS, max_size=3).map("".join)


@patiently
@given(ANY_TEXT, st.sampled_from(["en", "ar", "ja"]))
def test_any_text_is_drawn_in_its_place(text: str, language: str) -> None:
    style = Style(116, BOLD, language)
    for drawn in [fit(text, style, 400), *title(text, style, 400), *wrap(text, style, 400, 2)]:
        assert drawn.width <= 400
        mask(drawn)


def test_a_letter_that_is_a_whole_sentence_is_spelled_out() -> None:
    assert said(line("A \ufdfd", STYLE)).endswith("الرحيم")


def test_letters_whose_outline_cannot_be_drawn_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loyalty_app.pictures.letters._SPELLED_OUT", {})
    alone, among_others = line("\ufdfd", STYLE), line("\ufdfdلينا", STYLE)
    with pytest.raises(OSError, match="overflow"):
        font(alone.runs[0].face, 100, BOLD).getmask("\ufdfd")
    assert mask(alone).getbbox() is None
    assert mask(among_others).getbbox() is not None


# Fonts.


def test_every_font_can_be_read() -> None:
    assert unreadable_faces() == []


@pytest.mark.parametrize("word", [*WORDS, *MORE_WORDS])
def test_each_letter_has_a_glyph_in_the_font_chosen_for_it(word: str) -> None:
    runs = line(word, STYLE).runs
    missing = {
        letter
        for run in runs
        for letter in run.text
        if ord(letter) not in letters_of(run.face) and unicodedata.category(letter) != "Cf"
    }
    assert missing == set()
    assert sorted("".join(run.text for run in runs)) == sorted(clean(word))


@pytest.mark.parametrize("face", every_face(), ids=lambda face: face.name)
def test_what_a_font_is_said_to_have_is_what_its_file_lists(face: Face) -> None:
    letters = [chr(code) for code in (*range(0x21, 0x7F), *range(0x391, 0x3A0), *range(0x5D0, 0x5EA), 0x20AC, 0x4E00)]
    letters += [chr(code) for code in (0x0628, 0x0915, 0x0E01, 0xAC00, 0x3042, 0x1F370, 0x2605, 0x13000)]
    wrong = {letter for letter in letters if has(face, letter) != (ord(letter) in letters_of(face))}
    assert wrong == set()


def test_what_no_font_has_is_left_out() -> None:
    assert said(line("a\U00013000b", STYLE)) == "ab"


def test_digits_and_latin_letters_keep_their_font_beside_any_script() -> None:
    assert faces("قهوة 24 Stück") == {"Arabic", "Latin"}
    assert faces("🍰 2") == {"Emoji", "Latin"}


def test_kana_and_hangul_tell_the_language_of_chinese_characters() -> None:
    assert han_face("喫茶さくら", "en") == JAPANESE
    assert han_face("茶 카페", "zh") == KOREAN


def test_without_them_the_language_does() -> None:
    expected = {"ja": JAPANESE, "ko": KOREAN, "zh": SIMPLIFIED, "zh-TW": TRADITIONAL, "zh_Hant": TRADITIONAL}
    expected |= {"zh-HK": HONG_KONG, "zh-Hans-SG": SIMPLIFIED, "en": SIMPLIFIED, "": SIMPLIFIED}
    assert {language: han_face("茶", language) for language in expected} == expected


# Shapes and directions.


@pytest.mark.usefixtures("fribidi")
@pytest.mark.parametrize("word", SHAPED_WORDS.values(), ids=SHAPED_WORDS)
def test_letters_are_joined_as_the_shaper_joins_them_and_not_set_side_by_side(word: str) -> None:
    [run] = line(word, STYLE).runs
    engines = [
        ImageFont.truetype(run.face.path, STYLE.size * FINER, layout_engine=layout)
        for layout in (ImageFont.Layout.RAQM, ImageFont.Layout.BASIC)
    ]
    for engine in engines:
        engine.set_variation_by_axes([BOLD])
    shaped, plain = engines[0].getlength(word, direction=run.direction, language="en"), engines[1].getlength(word)
    assert line(word, STYLE).width == pytest.approx(shaped / FINER)
    assert abs(shaped - plain) > 1


def test_a_line_is_as_wide_as_what_is_drawn_of_it() -> None:
    for word in WORDS:
        found = line(word, STYLE)
        drawn = mask(found).getbbox() or (0, 0, 0, 0)
        assert drawn[2] - drawn[0] == pytest.approx(found.width, abs=STYLE.size * 0.35)


def test_a_line_of_two_directions_is_seen_in_the_order_of_its_first_letter() -> None:
    assert seen("Café عمر & Co") == ["Café", "عمر", "& Co"]
    assert seen("عمر Café") == ["Café", "عمر"]
    assert seen("אבא 24 אמא") == ["אמא", "24", "אבא"]


@pytest.mark.usefixtures("fribidi")
def test_brackets_of_another_font_still_open_towards_what_they_hold() -> None:
    assert seen("(אבא) abc") == ["abc", ")", "אבא", "("]
    bracket = line("(אבא)", STYLE).runs[0]
    assert bracket.text == ")"
    assert mask(Line((bracket,), STYLE, 20, rtl=True)) == mask(Line(line("(", STYLE).runs, STYLE, 20, rtl=False))


def test_a_line_without_letters_goes_as_its_language_does() -> None:
    assert line("123", Style(40, BOLD, "he")).rtl
    assert not line("123", Style(40, BOLD, "en")).rtl
    assert line("قهوة", Style(40, BOLD, "en")).rtl


# Cutting.


@pytest.mark.parametrize("word", [*WORDS, *MORE_WORDS])
@pytest.mark.parametrize("width", [60, 200, 500])
def test_a_line_is_never_wider_than_its_room(word: str, width: int) -> None:
    assert fit(word * 5, STYLE, width).width <= width
    assert all(row.width <= width for row in wrap(word * 5, STYLE, width, 2))
    assert all(row.width <= width for row in title(word * 5, STYLE, width))


def test_what_fits_is_neither_smaller_nor_cut() -> None:
    found = fit("Café Ada", STYLE, 400)
    assert (said(found), found.style) == ("Café Ada", STYLE)


def test_what_is_a_little_too_long_gets_smaller_and_is_not_cut() -> None:
    whole = line("A coffee of your choice", STYLE)
    found = fit("A coffee of your choice", STYLE, whole.width * 0.9)
    assert said(found) == "A coffee of your choice"
    assert found.style.size < STYLE.size


@pytest.mark.parametrize("word", ["श्रीकृष्ण", "น้ำผึ้ง", "é\u0301\u0323", "👨‍👩‍👧‍👦", "🇩🇪", "👍🏽", "ක්‍ෂ"])
def test_a_cut_never_goes_through_a_letter(word: str) -> None:
    text = clean(word * 40)
    for width in range(80, 400, 16):
        kept = said(fit(text, STYLE, width)).removesuffix("…")
        assert text.startswith(kept)
        left = clusters(text)[: len(clusters(kept))]
        assert "".join(left) == kept


@given(st.text())
def test_clusters_are_the_text(text: str) -> None:
    assert "".join(clusters(text)) == text


def test_letters_that_a_reader_takes_for_one_stay_together() -> None:
    assert clusters("e\u0301a") == ["e\u0301", "a"]
    assert clusters("🇩🇪🇫🇷") == ["🇩🇪", "🇫🇷"]
    assert clusters("👨‍👩‍👧a") == ["👨‍👩‍👧", "a"]
    assert clusters("क्षि त") == ["क्षि", " ", "त"]


def test_rows_are_broken_between_words_and_about_as_long_as_each_other() -> None:
    rows = wrap("Any large hot or cold drink of your choice", STYLE, 600, 2)
    assert [said(row) for row in rows] == ["Any large hot or cold", "drink of your choice"]


def test_what_is_written_without_spaces_is_broken_between_letters() -> None:
    rows = wrap("お好きなコーヒー一杯をどうぞ", STYLE, 330, 2)
    assert [len(rows), "".join(said(row) for row in rows)] == [2, "お好きなコーヒー一杯をどうぞ"]


def test_a_long_name_has_two_rows_and_a_short_one_has_one() -> None:
    assert len(title("Café Ada", STYLE, 400)) == 1
    assert len(title("The Coffee House at the Old Harbour", STYLE, 400)) == 2


# Strangers' texts.


@given(st.text(st.characters(codec=None), max_size=60))
def test_any_text_can_be_measured_drawn_and_cut(text: str) -> None:
    assert mask(line(text, STYLE)).width >= line(text, STYLE).width
    assert fit(text, STYLE, 90).width <= 90
    assert all(row.width <= 120 for row in wrap(text, STYLE, 120, 2))


@given(st.text(st.characters(codec=None)))
def test_nothing_unseen_is_left_in_a_clean_text(text: str) -> None:
    left = {unicodedata.category(letter) for letter in clean(text)} - {"Cf"}
    assert not left & {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not set(clean(text)) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\ufeff")
    assert clean(clean(text)) == clean(text)


def test_marks_do_not_pile_up() -> None:
    assert clean("Z" + "\u0335" * 90 + "a") == "Z" + "\u0335" * 4 + "a"
    assert clean("  a \n\t b ") == clean("a\r\x1b\rb") == "a b"


def test_without_a_shaper_every_card_is_still_drawn() -> None:
    program = (
        "from PIL import _imagingft; _imagingft.HAVE_RAQM = False\n"
        "from loyalty_app.customers.card_pictures import render_card\n"
        "from loyalty_app.pictures.fonts import SHAPED\n"
        "from loyalty_app.pictures.samples import CARDS\n"
        "print(SHAPED, sum(len(render_card(card)) > 10_000 for card in CARDS.values()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", str(len(CARDS))]


def test_the_latin_font_is_the_first_choice_for_latin_letters() -> None:
    [run] = line("Zoë", STYLE).runs
    assert run.face == LATIN


def test_every_picture_takes_any_letter() -> None:
    text = "Lena \ufdfd \ufdfa \u0001\U000e0041 " + "a" + "\u0301" * 50
    card = replace(CARDS["latin"], shop_name=text, customer_name=text, reward_description=text)
    assert render_card(card)
    poster = replace(POSTER, shop_name=text, headline=text, reward_description=text, steps=(text,) * 3)
    assert all(render_sheet(sheet, poster) for sheet in PrintSheet)
    assert render_chart(replace(CHART, title=text, bars_legend=text, dots_legend=text))
