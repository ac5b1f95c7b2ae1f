"""The chart: a bar for each day, and dots for an optional second series. 1000×600 pixels.

All words come with the chart, figures are digits. In a language written from the right, the first day is on the right.
"""

import math
from io import BytesIO

import msgspec
from PIL import Image

from loyalty_app.pictures import sprites
from loyalty_app.pictures.bidi import is_rtl
from loyalty_app.pictures.card import BROWN
from loyalty_app.pictures.colours import BLACK, WHITE, Colour, contrast, mix, parse_colour
from loyalty_app.pictures.drawing import Edge, lay, stroke, write, write_beside
from loyalty_app.pictures.fitting import fit
from loyalty_app.pictures.fonts import BOLD, MEDIUM, REGULAR
from loyalty_app.pictures.layout import HEIGHT, WIDTH, Box
from loyalty_app.pictures.text import Style, line

DAYS_AT_MOST = 31
MARGIN, SCALE_WIDTH = 52, 52
PLOT = Box(MARGIN + SCALE_WIDTH, 170, WIDTH - 2 * MARGIN - SCALE_WIDTH, 360)
TITLE, LEGEND, LABEL = Style(40, BOLD), Style(24, MEDIUM), Style(20, REGULAR)
TITLE_BASELINE, LEGEND_BASELINE, LABEL_GAP = 82, 130, 34
BAR_SHARE, WIDEST_BAR, DOT = 0.66, 64, 14
LABEL_ROOM = 14  # pixels between two labels
PAPER, TEXT, FAINT, LINE = (252, 251, 249), (34, 34, 34), (110, 108, 104), (228, 225, 220)
DOTS: Colour = (214, 137, 16)
SEEN_ON_PAPER = 2.0
STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


class ChartPicture(msgspec.Struct, frozen=True, kw_only=True):
    """What a chart shows: a figure and a label for each of up to 31 days; the last is today unless `today` differs.

    `dots` is a second series with its own legend, on the same scale.
    """

    title: str
    labels: tuple[str, ...]
    bars: tuple[int, ...]
    bars_legend: str
    dots: tuple[int, ...] = ()
    dots_legend: str = ""
    today: int | None = None
    colour: str = BROWN
    language: str = "en"


def render_chart(chart: ChartPicture) -> bytes:
    """The chart as a PNG of 1000×600 pixels. Raises ValueError if labels, bars and dots differ in number."""
    check_chart(chart)
    file = BytesIO()
    _draw(chart).save(file, "PNG", compress_level=4)
    return file.getvalue()


def check_chart(chart: ChartPicture) -> None:
    """Raise ValueError if labels, bars and dots differ in number, or are too many."""
    if len(chart.labels) != len(chart.bars) or len(chart.dots) not in {0, len(chart.bars)}:
        raise ValueError("a chart needs a label for each bar, and a dot for each or none")
    if not 1 <= len(chart.bars) <= DAYS_AT_MOST:
        raise ValueError(f"a chart has 1 to {DAYS_AT_MOST} days")


def _draw(chart: ChartPicture) -> Image.Image:
    picture, top = Image.new("RGB", (WIDTH, HEIGHT), PAPER), top_of_scale(max(*chart.bars, *chart.dots, 1))
    _draw_words(picture, chart)
    _draw_scale(picture, chart, top)
    for day in range(len(chart.bars)):
        _draw_bar(picture, chart, day, top)
    _draw_labels(picture, chart)
    return picture


def strong(colour: str) -> Colour:
    """The shop's colour, dark enough to be seen on paper."""
    base = parse_colour(colour)
    shades = (mix(base, BLACK, step / 10) for step in range(11))
    return next(shade for shade in shades if contrast(shade, PAPER) >= SEEN_ON_PAPER)


def top_of_scale(highest: int) -> int:
    """The upper end of the scale: four equal steps of a round number."""
    size = float("1" + "0" * (len(str(highest // 4)) - 1))
    steps = (step * size for step in STEPS)
    return next(round(4 * step) for step in steps if step % 1 == 0 and 4 * step >= highest)


def _mirrored(chart: ChartPicture, left: float, width: float) -> float:
    return WIDTH - left - width if is_rtl(chart.language) else left


def _edge(chart: ChartPicture, indent: float = 0) -> Edge:
    rtl = is_rtl(chart.language)
    return Edge(WIDTH - MARGIN - indent if rtl else MARGIN + indent, rtl)


def _draw_words(picture: Image.Image, chart: ChartPicture) -> None:
    style = msgspec.structs.replace(TITLE, language=chart.language)
    write_beside(picture, stroke(fit(chart.title, style, WIDTH - 2 * MARGIN)), _edge(chart), TITLE_BASELINE, TEXT)
    indent = _legend(picture, chart, chart.bars_legend, (0, strong(chart.colour)))
    if chart.dots:
        _legend(picture, chart, chart.dots_legend, (indent, DOTS))


def _legend(picture: Image.Image, chart: ChartPicture, words: str, key: tuple[float, Colour]) -> float:
    """Draw a dot of a colour and its meaning, at an indent; return the next indent."""
    indent, colour = key
    style = msgspec.structs.replace(LEGEND, language=chart.language)
    found = stroke(fit(words, style, WIDTH / 2 - MARGIN - 60))
    left = _mirrored(chart, MARGIN + indent, 18)
    lay(picture, sprites.disc(18), (round(left), LEGEND_BASELINE - 17), colour)
    write_beside(picture, found, _edge(chart, indent + 28), LEGEND_BASELINE, FAINT)
    return indent + 28 + found.width + 36


def _draw_scale(picture: Image.Image, chart: ChartPicture, top: int) -> None:
    left = round(_mirrored(chart, PLOT.left, PLOT.width))
    for step in range(5):
        height = PLOT.bottom - PLOT.height * step // 4
        picture.paste(LINE, (left, height - 1, left + PLOT.width, height + 1))
        number = stroke(line(str(top * step // 4), LABEL))
        at = left + PLOT.width + 16 if is_rtl(chart.language) else left - 16 - number.width
        write(picture, number, (at, height + 7), FAINT)


def _middle(chart: ChartPicture, day: int) -> float:
    pitch = PLOT.width / len(chart.bars)
    return _mirrored(chart, PLOT.left + (day + 0.5) * pitch, 0)


def _today(chart: ChartPicture) -> int:
    return len(chart.bars) - 1 if chart.today is None else chart.today


def _draw_bar(picture: Image.Image, chart: ChartPicture, day: int, top: int) -> None:
    width = round(min(WIDEST_BAR, PLOT.width / len(chart.bars) * BAR_SHARE))
    height = round(PLOT.height * chart.bars[day] / top)
    full, middle = strong(chart.colour), _middle(chart, day)
    left = round(middle - width / 2)
    if height > 0:
        colour = full if day == _today(chart) else mix(full, PAPER, 0.45)
        # Twice as high as needed, then cut: only the upper corners are round.
        shape = sprites.box(width, 2 * PLOT.height, min(10, width // 2)).crop((0, 0, width, height))
        lay(picture, shape, (left, PLOT.bottom - height), colour)
    if day == _today(chart):
        number = stroke(line(str(chart.bars[day]), Style(24, BOLD)))
        write(picture, number, (middle - number.width / 2, PLOT.bottom - height - 12), TEXT)
    if chart.dots:
        _draw_dot(picture, middle, PLOT.bottom - round(PLOT.height * chart.dots[day] / top), chart.dots[day])


def _draw_dot(picture: Image.Image, middle: float, height: int, figure: int) -> None:
    """A dot with a white rim; a figure of 0 has none."""
    if figure > 0:
        outer = DOT + 6
        lay(picture, sprites.disc(outer), (round(middle - outer / 2), height - outer // 2), WHITE)
        lay(picture, sprites.disc(DOT), (round(middle - DOT / 2), height - DOT // 2), DOTS)


def _draw_labels(picture: Image.Image, chart: ChartPicture) -> None:
    """As many labels as fit, counted back from today, whose own is bold."""
    pitch, today = PLOT.width / len(chart.bars), _today(chart)
    widest = max(line(label, _label_style(chart, bold=True)).width for label in chart.labels)
    every = max(1, math.ceil((widest + LABEL_ROOM) / pitch))
    for day, label in enumerate(chart.labels):
        if (today - day) % every == 0:
            words = stroke(fit(label, _label_style(chart, bold=day == today), WIDTH / 4))
            at = _middle(chart, day) - words.width / 2, PLOT.bottom + LABEL_GAP
            write(picture, words, at, TEXT if day == today else FAINT)


def _label_style(chart: ChartPicture, *, bold: bool) -> Style:
    return msgspec.structs.replace(LABEL, weight=BOLD if bold else REGULAR, language=chart.language)
