"""The chart as SVG: what it shows, from which side, and that nothing in it can be taken for markup."""

from itertools import pairwise
from xml.etree.ElementTree import Element, fromstring

import msgspec
import pytest

from loyalty_app.pictures.chart import ChartPicture
from loyalty_app.pictures.svg_chart import BOTTOM, LEFT, TOP, WIDTH, ChartText, svg_bar, svg_chart

WEEK = ChartPicture(
    title="Bean & Leaf",
    labels=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    bars=(0, 3, 8, 2, 5, 1, 4),
    bars_legend="Visits",
    dots=(0, 1, 0, 0, 2, 0, 0),
    dots_legend="New customers",
)


def drawn(chart: ChartPicture, **text: object) -> Element:
    hints = tuple(f"{label}: {bar}" for label, bar in zip(chart.labels, chart.bars, strict=False))
    given = {"name": "visits", "description": "Visits of a week", "hints": hints, "number": str, **text}
    return fromstring(svg_chart(chart, msgspec.convert(given, ChartText)))  # noqa: S314  # our own


def of_class(svg: Element, name: str) -> list[Element]:
    return [one for one in svg.iter() if name in one.get("class", "").split()]


def texts(svg: Element, name: str) -> list[str | None]:
    return [one.text for one in of_class(svg, name)]


def test_bars_are_as_high_as_their_figures_on_the_scale_beside_them() -> None:
    svg = drawn(WEEK)
    assert texts(svg, "chart-tick") == ["0", "2", "4", "6", "8"]
    heights = [float(bar.get("height", "")) for bar in of_class(svg, "chart-bar")]
    assert heights == pytest.approx([(BOTTOM - TOP) * figure / 8 for figure in WEEK.bars], abs=0.1)
    assert [len(of_class(svg, "chart-dot")), len(of_class(svg, "chart-today"))] == [2, 1]


def test_a_chart_of_nothing_has_a_scale_and_no_bar_that_is_seen() -> None:
    svg = drawn(msgspec.structs.replace(WEEK, bars=(0,) * 7, dots=(0,) * 7))
    assert texts(svg, "chart-tick") == ["0", "1", "2", "3", "4"]
    assert {bar.get("height") for bar in of_class(svg, "chart-bar")} == {"0.0"}
    assert of_class(svg, "chart-dot") == []


def test_a_chart_of_one_day_has_one_bar_in_the_middle() -> None:
    svg = drawn(msgspec.structs.replace(WEEK, labels=("Mon",), bars=(3,), dots=()))
    [bar] = of_class(svg, "chart-bar")
    assert float(bar.get("x", "")) + float(bar.get("width", "")) / 2 == pytest.approx((LEFT + WIDTH - 8) / 2, abs=0.1)
    assert texts(svg, "chart-label") == ["Mon"]


def test_in_a_language_from_the_right_the_first_day_and_the_scale_are_on_the_right() -> None:
    left, right = drawn(WEEK), drawn(msgspec.structs.replace(WEEK, language="ar"))
    ends = [[float(one.get("x", "")) for one in of_class(svg, "chart-label")] for svg in (left, right)]
    assert ends[0] == sorted(ends[0])
    assert ends[1] == pytest.approx([WIDTH - x for x in ends[0]], abs=0.1)
    assert {float(one.get("x", "")) > WIDTH - LEFT for one in of_class(right, "chart-tick")} == {True}


def test_labels_do_not_touch_and_today_always_has_its_own() -> None:
    many = msgspec.structs.replace(WEEK, labels=tuple(f"day {n}" for n in range(30)), bars=(1,) * 30, dots=())
    places = [float(one.get("x", "")) for one in of_class(drawn(many), "chart-label")]
    assert texts(drawn(many), "chart-label")[-1] == "day 29"
    assert min(b - a for a, b in pairwise(places)) > len("day 29") * 6


def test_a_screen_reader_is_told_what_the_chart_is() -> None:
    svg = drawn(WEEK)
    named = {one.get("id"): one.text for one in svg.iter() if one.get("id")}
    assert svg.get("role") == "img"
    assert [named[name] for name in svg.get("aria-labelledby", "").split()] == ["Bean & Leaf", "Visits of a week"]


def test_names_cannot_become_markup() -> None:
    nasty = "<script>alert(1)</script>&\"'"
    chart = msgspec.structs.replace(WEEK, title=nasty, labels=(nasty,) * 7)
    svg = drawn(chart, description=nasty, hints=(nasty,) * 7)
    assert "script" not in {one.tag.rpartition("}")[2] for one in svg.iter()}
    assert nasty in [one.text for one in svg.iter()]


def test_there_is_no_style_in_it_that_a_strict_page_would_drop() -> None:
    assert "style" not in svg_chart(WEEK, ChartText(name="v", description="", hints=WEEK.labels, number=str))


def test_a_chart_without_a_label_for_each_bar_is_refused() -> None:
    with pytest.raises(ValueError, match="a label for each bar"):
        drawn(msgspec.structs.replace(WEEK, labels=("Mon",) * 3), hints=("Mon",) * 7)


@pytest.mark.parametrize(("language", "left"), [("en", "0"), ("ar", "75")])
def test_a_bar_in_a_row_begins_where_the_row_begins(language: str, left: str) -> None:
    [rect] = list(fromstring(svg_bar(1, 4, language=language)))  # noqa: S314  # our own
    assert (rect.get("x"), rect.get("width")) == (left, "25")
    assert 'width="0"' in svg_bar(0, 0, language=language)
