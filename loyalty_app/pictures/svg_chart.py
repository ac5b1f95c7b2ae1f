"""The chart as SVG for a page: the same picture as in `chart`, which a page colours and a screen reader can announce.

Colours and fonts are those of the page, by classes: `chart-bar`, `chart-today`, `chart-dot`, `chart-grid`, `chart-tick`
and `chart-label`. There is no style and no script in it. The figures themselves stand in a table beside the chart.
"""

import math
from collections.abc import Callable, Sequence
from html import escape

import msgspec

from loyalty_app.pictures.bidi import is_rtl
from loyalty_app.pictures.chart import ChartPicture, check_chart, top_of_scale

WIDTH, HEIGHT = 420, 230
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 14, 196
"""The edges of the plot; the numbers of the scale stand beside it."""
STEPS = 4
BAR_SHARE, WIDEST_BAR, DOT = 0.66, 40, 3.5
LETTER, LABEL_ROOM = 6.6, 10
"""About how wide a letter of a label is, and the room between two labels."""


class ChartText(msgspec.Struct, frozen=True, kw_only=True):
    """What is read about a chart: a name for its elements on the page, a description, and a hint for each column.

    `number` writes a figure as the language does.
    """

    name: str
    description: str
    hints: Sequence[str]
    number: Callable[[int], str]


def svg_chart(chart: ChartPicture, text: ChartText) -> str:
    """The chart as an <svg>; every text is escaped. Raises ValueError as `render_chart` does."""
    check_chart(chart)
    top = top_of_scale(max(*chart.bars, *chart.dots, 1))
    named = f'role="img" aria-labelledby="{text.name}-title {text.name}-text"'
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" direction="ltr" {named}>',
        f'<title id="{text.name}-title">{escape(chart.title)}</title>',
        f'<desc id="{text.name}-text">{escape(text.description)}</desc>',
        *_scale(chart, text, top),
        *(_column(chart, text, place, top) for place in range(len(chart.bars))),
        *_labels(chart),
        "</svg>",
    ]
    return "".join(parts)


def svg_bar(figure: int, highest: int, *, language: str) -> str:
    """A bar that lies in a row of a table, as long as its figure is of the highest. A screen reader reads the row."""
    length = round(100 * figure / highest) if highest else 0
    left = 100 - length if is_rtl(language) else 0
    shape = f'<rect class="chart-bar" x="{left}" width="{length}" height="10" rx="2"/>'
    return f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">{shape}</svg>'


def _scale(chart: ChartPicture, text: ChartText, top: int) -> list[str]:
    rtl, parts = is_rtl(chart.language), []
    left, right = _mirrored(chart, LEFT), _mirrored(chart, WIDTH - RIGHT)
    for step in range(STEPS + 1):
        height, number = _height(top * step / STEPS, top), text.number(top * step // STEPS)
        parts.append(f'<line class="chart-grid" x1="{left}" x2="{right}" y1="{height}" y2="{height}"/>')
        at, anchor = _mirrored(chart, LEFT - 6), "start" if rtl else "end"
        parts.append(
            f'<text class="chart-tick" x="{at}" y="{height + 4}" text-anchor="{anchor}">{escape(number)}</text>'
        )
    return parts


def _column(chart: ChartPicture, text: ChartText, place: int, top: int) -> str:
    width = round(min(WIDEST_BAR, _pitch(chart) * BAR_SHARE), 1)
    middle, height = _middle(chart, place), _height(chart.bars[place], top)
    look = "chart-bar chart-today" if place == _today(chart) else "chart-bar"
    bar = (
        f'<rect class="{look}" x="{round(middle - width / 2, 1)}" y="{height}" width="{width}"'
        f' height="{round(BOTTOM - height, 1)}" rx="2"/>'
    )
    dot = chart.dots[place] if chart.dots else 0
    spot = f'<circle class="chart-dot" cx="{middle}" cy="{_height(dot, top)}" r="{DOT}"/>' if dot else ""
    return f"<g><title>{escape(text.hints[place])}</title>{bar}{spot}</g>"


def _labels(chart: ChartPicture) -> list[str]:
    """As many labels as fit, counted back from today."""
    widest = max(len(label) for label in chart.labels) * LETTER + LABEL_ROOM
    every, today = max(1, math.ceil(widest / _pitch(chart))), _today(chart)
    return [
        f'<text class="chart-label" x="{_middle(chart, place)}" y="{BOTTOM + 20}" text-anchor="middle">'
        f"{escape(label)}</text>"
        for place, label in enumerate(chart.labels)
        if (today - place) % every == 0
    ]


def _today(chart: ChartPicture) -> int:
    return len(chart.bars) - 1 if chart.today is None else chart.today


def _pitch(chart: ChartPicture) -> float:
    return (WIDTH - LEFT - RIGHT) / len(chart.bars)


def _middle(chart: ChartPicture, place: int) -> float:
    return round(_mirrored(chart, LEFT + _pitch(chart) * (place + 0.5)), 1)


def _mirrored(chart: ChartPicture, x: float) -> float:
    return WIDTH - x if is_rtl(chart.language) else x


def _height(figure: float, top: int) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * figure / top, 1)
