"""The chart: bars as high as their figures, today among them, in the order in which its language is read."""

import pytest
from msgspec.structs import replace
from PIL import Image

from loyalty_app.pictures.chart import DOTS, PLOT, ChartPicture, render_chart, strong
from loyalty_app.pictures.samples import CHART
from tests.pictures.looking import alike, colour_at, opened

WEEK = ChartPicture(
    title="A week",
    labels=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    bars=(10, 20, 30, 40, 0, 5, 25),
    bars_legend="Visits",
)


def drawn(chart: ChartPicture) -> Image.Image:
    return opened(render_chart(chart))


def height(picture: Image.Image, day: int, days: int = 7) -> int:
    """How many pixels high the bar of a day is, counted at its middle."""
    column = PLOT.left + (day + 0.5) * PLOT.width / days
    colours = [colour_at(picture, (column, row)) for row in range(PLOT.top, PLOT.bottom - 2)]
    return sum(max(colour) - min(colour) > 15 for colour in colours)


def test_a_chart_is_a_picture_of_1000_by_600_pixels() -> None:
    assert drawn(CHART).size == (1000, 600)


def test_a_bar_is_as_high_as_its_figure() -> None:
    picture = drawn(WEEK)
    heights = [height(picture, day) for day in range(7)]
    assert heights == pytest.approx([figure * PLOT.height / 40 for figure in WEEK.bars], abs=4)


def test_today_is_in_the_shop_s_full_colour_and_no_other_day_is() -> None:
    for today in (None, 1):
        picture = drawn(replace(WEEK, today=today))
        foot = [colour_at(picture, (PLOT.left + (day + 0.5) * PLOT.width / 7, PLOT.bottom - 20)) for day in range(7)]
        full = [day for day in range(7) if alike(foot[day], strong(WEEK.colour))]
        assert full == [6 if today is None else today]


def test_read_from_the_right_the_first_day_stands_on_the_right() -> None:
    picture = drawn(replace(WEEK, language="ar")).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert height(picture, 0) == pytest.approx(WEEK.bars[0] * PLOT.height / 40, abs=4)


def test_dots_are_drawn_at_their_figures_and_none_for_nothing() -> None:
    picture = drawn(replace(WEEK, dots=(20, 0, 0, 0, 0, 0, 40), dots_legend="Rewards"))
    places = [(PLOT.left + (day + 0.5) * PLOT.width / 7, PLOT.bottom - PLOT.height / 2) for day in (0, 1)]
    assert [colour_at(picture, place) == DOTS for place in places] == [True, False]
    assert all(colour_at(picture, (place[0], PLOT.bottom - 3)) != DOTS for place in places)
    assert DOTS not in {colour for _, colour in drawn(WEEK).getcolors(2**20) or ()}


@pytest.mark.parametrize("highest", [0, 1, 3, 4, 5, 9, 10, 11, 59, 60, 61, 99, 100, 999, 1_000, 12_345, 10**9])
def test_the_highest_bar_fills_most_of_the_chart_and_never_more(highest: int) -> None:
    picture = drawn(replace(WEEK, bars=(0, 0, 0, 0, 0, 0, highest)))
    assert height(picture, 6) <= PLOT.height
    assert highest < 3 or height(picture, 6) >= PLOT.height * 0.6


@pytest.mark.parametrize("days", [1, 2, 7, 14, 30, 31])
@pytest.mark.parametrize("label", ["1", "30 Mar", "الأربعاء", "a very long label of one day"])
def test_labels_do_not_run_into_each_other(days: int, label: str) -> None:
    chart = ChartPicture(title="", labels=(label,) * days, bars=(1,) * days, bars_legend="")
    strip = drawn(chart).crop((0, PLOT.bottom + 8, 1000, 590)).convert("L").point(lambda value: 255 * (value < 200))
    columns = strip.resize((1000, 1), Image.Resampling.BOX).tobytes()
    widths = [len(run) for run in columns.split(b"\0" * 11) if run.strip(b"\0")]
    assert widths
    assert max(widths) <= 260


def test_days_labels_and_dots_that_do_not_belong_together_are_refused() -> None:
    for wrong in ({"labels": ("Mon",)}, {"dots": (1, 2)}, {"bars": (), "labels": ()}):
        with pytest.raises(ValueError, match="a chart"):
            render_chart(replace(WEEK, **wrong))
    with pytest.raises(ValueError, match="1 to 31 days"):
        render_chart(replace(WEEK, labels=("x",) * 32, bars=(1,) * 32))
