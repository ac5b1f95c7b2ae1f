"""The card: what is on it can be counted, read and scanned, in every script, and nothing leaves its place."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from msgspec.structs import replace
from PIL import Image

from loyalty_app.customers.card_pictures import first_name, look_of, render_card, render_card_png
from loyalty_app.pictures.card import CardPicture, draw_card
from loyalty_app.pictures.colours import palette
from loyalty_app.pictures.layout import Box, layout, slots
from loyalty_app.pictures.samples import CARDS, LATIN, LINK
from tests.pictures.looking import alike, changed, codes_on, colour_at, opened, photographed, within

every_script = pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
in_both_directions = pytest.mark.parametrize("language", ["en", "ar"])
RIM = 0.07  # of a slot: between its edge and its star
PARTS = {"shop": "shop_name", "reward": "reward_description", "customer": "customer_name"}


def middle_of_rim(place: Box) -> tuple[float, float]:
    return place.left + place.width * RIM, place.top + place.height / 2


def stamps_on(picture: Image.Image, card: CardPicture) -> int:
    """Count the slots that are filled in the colour of the text; the last may have the accent."""
    colours, places = palette(card.colour), slots(card.stamps_required, rtl=card.language == "ar")
    rims = [colour_at(picture, middle_of_rim(place)) for place in places]
    return sum(alike(rim, colours.ink) for rim in rims[:-1]) + alike(rims[-1], colours.accent)


# What everybody sees.


@every_script
def test_a_card_is_a_jpeg_of_1000_by_600_pixels(card: CardPicture) -> None:
    picture = render_card(card)
    assert picture.startswith(b"\xff\xd8\xff")
    assert opened(picture).size == (1000, 600)
    assert len(picture) < 150_000


@every_script
def test_the_code_can_be_scanned_from_the_card_and_from_a_bad_photo_of_it(card: CardPicture) -> None:
    picture = opened(render_card(card))
    assert codes_on(picture) == [LINK]
    assert codes_on(photographed(picture)) == [LINK]


@pytest.mark.parametrize("text", ["CUS12AB34CD56", f"https://t.me/{'b' * 32}?start=c_CUS12AB34CD56"])
def test_a_bare_code_and_the_link_of_the_longest_bot_name_can_be_scanned_too(text: str) -> None:
    picture = opened(render_card(replace(LATIN, qr_text=text)))
    assert codes_on(picture) == [text]
    assert codes_on(photographed(picture)) == [text]


@in_both_directions
@pytest.mark.parametrize("required", [1, 2, 5, 6, 9, 10, 12, 20])
def test_as_many_stamps_are_drawn_as_there_are(required: int, language: str) -> None:
    for current in {0, 1, required // 2, required} - {required - 1}:
        card = replace(LATIN, current_stamps=current, stamps_required=required, language=language)
        assert stamps_on(draw_card(card), card) == current


def test_when_one_is_missing_the_last_slot_has_a_rim_in_the_accent() -> None:
    last = slots(10, rtl=False)[-1]
    edge = last.left + 3, last.top + last.height / 2
    accents = [
        alike(colour_at(draw_card(replace(LATIN, current_stamps=stamps)), edge), palette(LATIN.colour).accent)
        for stamps in (8, 9, 10)
    ]
    assert accents == [False, True, True]


@in_both_directions
def test_steps_are_marked_on_a_bar_where_they_lie_and_in_the_accent_once_passed(language: str) -> None:
    plain, rtl = replace(LATIN, current_stamps=15, stamps_required=30, language=language), language == "ar"
    area, bare = layout(rtl=rtl).slots, draw_card(plain)
    passed, coming = (changed(bare, draw_card(replace(plain, steps=(step,)))) for step in (10, 20))
    assert within(passed, area)
    assert within(coming, area)
    assert (passed.left < coming.left) is not rtl
    edge = passed.left + passed.width / 2, passed.top + 3
    assert alike(colour_at(draw_card(replace(plain, steps=(10,))), edge), palette(plain.colour).accent)


@in_both_directions
@pytest.mark.parametrize("required", [5, 10, 12, 20])
def test_a_step_changes_its_own_slot_alone_and_the_goal_is_none(required: int, language: str) -> None:
    plain = replace(LATIN, current_stamps=3, stamps_required=required, language=language)
    for step in (2, 4):
        mark = changed(draw_card(plain), draw_card(replace(plain, steps=(step,))))
        assert within(mark, slots(required, rtl=language == "ar")[step - 1])
        assert look_of(plain) != look_of(replace(plain, steps=(step,)))
    assert draw_card(replace(plain, steps=(required,))).tobytes() == draw_card(plain).tobytes()


@in_both_directions
def test_a_card_with_steps_can_be_counted_as_any(language: str) -> None:
    card = replace(LATIN, current_stamps=6, language=language, steps=(3, 6, 7, 8))
    assert stamps_on(draw_card(card), card) == 6


def test_slots_lie_in_two_rows_at_most_in_their_own_part_and_apart_from_each_other() -> None:
    for number in range(1, 21):
        places = slots(number, rtl=False)
        assert len(places) == number
        assert len({place.top for place in places}) <= 2
        assert all(within(place, layout(rtl=False).slots) for place in places)
        assert all(one.right < two.left for one, two in pairwise(places) if one.top == two.top)


def test_twenty_stamps_are_drawn_and_twenty_one_are_a_bar() -> None:
    twenty, more = (replace(LATIN, current_stamps=14, stamps_required=n) for n in (20, 21))
    last = slots(20, rtl=False)[13]
    assert alike(colour_at(draw_card(twenty), middle_of_rim(last)), palette(LATIN.colour).ink)
    bar = layout(rtl=False).slots
    row = [colour_at(draw_card(more), (bar.left + bar.width * part / 21, bar.top + 166)) for part in (1, 13, 15, 20)]
    assert [alike(colour, palette(LATIN.colour).ink) for colour in row] == [True, True, False, False]


@in_both_directions
def test_the_bar_is_longer_with_each_stamp(language: str) -> None:
    def bar(stamps: int) -> bytes:
        where = layout(rtl=language == "ar").slots
        card = replace(LATIN, current_stamps=stamps, stamps_required=50, language=language)
        return draw_card(card).crop((where.left, where.top + 140, where.right, where.bottom)).tobytes()

    assert len({bar(stamps) for stamps in range(50)}) > 45


def test_each_count_is_another_picture_and_changes_the_head_and_the_slots_alone() -> None:
    where, one = layout(rtl=False), draw_card(replace(LATIN, current_stamps=3))
    other = draw_card(replace(LATIN, current_stamps=4))
    head = changed(one.crop((0, 0, 1000, 140)), other.crop((0, 0, 1000, 140)))
    assert within(head, where.count)
    assert head.width > 0
    rest = changed(one.crop((0, where.slots.bottom, 1000, 600)), other.crop((0, where.slots.bottom, 1000, 600)))
    assert rest.width == 0


@in_both_directions
def test_a_badge_says_how_many_rewards_wait_and_is_not_there_for_none(language: str) -> None:
    without, one, two = (draw_card(replace(LATIN, rewards_available=n, language=language)) for n in (0, 1, 2))
    assert changed(without, one).width > 80
    assert within(changed(without, two), layout(rtl=language == "ar").count)
    assert 0 < changed(one, two).width < changed(without, one).width


def test_the_code_stands_below_the_qr_code_in_letters() -> None:
    one, other = draw_card(LATIN), draw_card(replace(LATIN, qr_code="CUS99ZZ99ZZ99"))
    panel = layout(rtl=False).panel
    found = changed(one, other)
    assert found.width > 100
    assert within(found, Box(panel.left + 20, panel.bottom - 70, panel.width - 40, 60))


def test_a_card_read_from_the_right_is_the_mirror_of_one_read_from_the_left() -> None:
    for left, right in zip(
        (layout(rtl=False).panel, *slots(7, rtl=False)), (layout(rtl=True).panel, *slots(7, rtl=True)), strict=True
    ):
        assert (right.left, right.top) == (1000 - left.right, left.top)


# Whatever is written on it.


@in_both_directions
@pytest.mark.parametrize(("part", "field"), PARTS.items(), ids=PARTS)
@pytest.mark.parametrize("letter", ["W", "Ж", "क्षि", "ش", "ש", "語", "ที่", "🍰", "a "])
def test_two_hundred_letters_stay_in_their_part_of_the_card(part: str, field: str, letter: str, language: str) -> None:
    empty, full = (draw_card(replace(LATIN, language=language, **{field: text})) for text in ("", letter * 200))
    found, box = changed(empty, full), getattr(layout(rtl=language == "ar"), part)
    assert found.width > box.width / 2
    assert within(found, box._replace(left=box.left - 4, top=box.top - 12, width=box.width + 8, height=box.height + 24))


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "\x00\x07\x1b[31m", "a\nb\tc", "\ud800", "x\udfffy", "\u202eevil\u202c", "\u2066\u2067\u2068a"),
        *("Z" + "\u0301\u0316\u0334" * 80, "\u0301", "\u200d\u200d", "\u0e33" * 50, "\u094d" * 50, "\ufffe\uffff"),
        *(
            "\U000eff80",
            "\U0010ffff",
            "\u1f00" * 300,
            "\u4e00" * 5_000,
            "<b>&amp;</b>",
            "👨‍👩‍👧‍👦" * 40,
            "🇩🇪" * 100,
            "ꙮ𓀀𒀀",
        ),
    ],
    ids=ascii,
)
def test_no_text_can_keep_a_card_from_being_drawn(text: str) -> None:
    hostile = replace(LATIN, shop_name=text, customer_name=text, reward_description=text, language=text, colour=text)
    assert codes_on(opened(render_card(hostile))) == [LINK]


@pytest.mark.parametrize(("current", "required"), [(11, 10), (-1, 10), (200, 100), (0, 1), (0, 100)])
def test_a_count_beyond_its_bounds_is_drawn_as_far_as_it_goes(current: int, required: int) -> None:
    picture = render_card(replace(LATIN, current_stamps=current, stamps_required=required, rewards_available=10**6))
    assert codes_on(opened(picture)) == [LINK]


# Pictures as files.


def test_many_threads_draw_the_same_as_one() -> None:
    cards = [replace(card, customer_name=f"{card.customer_name} {n}") for card in CARDS.values() for n in range(6)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(render_card, cards))
    assert together == [render_card(card) for card in cards]


def test_the_png_is_the_same_picture_without_loss() -> None:
    assert changed(opened(render_card_png(LATIN)), draw_card(LATIN)).width == 0


def test_two_cards_look_alike_only_if_they_are_the_same() -> None:
    other = replace(LATIN, reward_description="Another reward")
    assert look_of(LATIN) == look_of(replace(LATIN))
    assert look_of(LATIN) != look_of(other)


def test_drawing_a_card_leaves_what_is_kept_for_the_next_one_as_it_was() -> None:
    before = render_card(LATIN)
    draw_card(LATIN).paste((255, 0, 0), (0, 0, 1000, 600))
    render_card(replace(LATIN, current_stamps=10, rewards_available=9))
    assert render_card(LATIN) == before


def test_of_a_name_the_first_word_is_shown() -> None:
    assert [first_name(name) for name in ("Ana Lovelace", "  Zoë ", "王小明", "")] == ["Ana", "Zoë", "王小明", ""]
