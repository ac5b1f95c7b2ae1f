"""Charts of the figures: which days a period shows, how its columns are labelled, and what is read about a chart."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby

import msgspec
from babel.dates import format_skeleton

from loyalty_app.pictures.card import BROWN
from loyalty_app.pictures.chart import ChartPicture
from loyalty_app.pictures.svg_chart import ChartText
from loyalty_app.shops.businesses import Business
from loyalty_app.words import N_, Words
from loyalty_core.analytics import Day

Column = list[Day]
"""The days of one column of a chart: one day, or those of a month."""


class ChartSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A period: its name and title, the days that its chart shows, and how its columns are labelled, short and full."""

    label: str
    title: str
    shown: int
    skeleton: str
    full: str = "yMMMEd"
    monthly: bool = False

    def full_label(self, words: Words, day: date) -> str:
        """The day or the month of a column in full."""
        return str(format_skeleton(self.full, day, locale=words.locale))


SPANS = {
    1: ChartSpan(label=N_("Today"), title=N_("Today"), shown=7, skeleton="EEE"),
    7: ChartSpan(label=N_("7 days"), title=N_("The last 7 days"), shown=7, skeleton="EEE"),
    30: ChartSpan(label=N_("30 days"), title=N_("The last 30 days"), shown=30, skeleton="d"),
    365: ChartSpan(
        label=N_("A year"), title=N_("The last 365 days"), shown=365, skeleton="MMM", full="yMMMM", monthly=True
    ),
}


def columns_of(daily: Sequence[Day], *, monthly: bool) -> list[Column]:
    """The days in columns: each its own, or those of a month together."""
    grouped = groupby(daily, key=lambda day: day.date.replace(day=1) if monthly else day.date)
    return [list(days) for _, days in grouped]


def day_chart(words: Words, shop: Business, span: ChartSpan, columns: Sequence[Column]) -> ChartPicture:
    """Visits as bars and new customers as dots."""
    return ChartPicture(
        title=words.plain("Visits and new customers"),
        labels=tuple(str(format_skeleton(span.skeleton, column[-1].date, locale=words.locale)) for column in columns),
        bars=tuple(sum(day.visits for day in column) for column in columns),
        bars_legend=words.plain("Visits"),
        dots=tuple(sum(day.new_customers for day in column) for column in columns),
        dots_legend=words.plain("New customers"),
        colour=shop.card_color or BROWN,
        language=words.code,
    )


def chart_text(words: Words, span: ChartSpan, columns: Sequence[Column], chart: ChartPicture) -> ChartText:
    """What a screen reader says of the chart, and a hint for each of its columns."""
    full = [span.full_label(words, column[-1].date) for column in columns]
    best = max(range(len(columns)), key=lambda place: chart.bars[place])
    description = words.plain(
        "{visits} visits and {new} new customers. Most visits: {most}, {when}. The table has all figures.",
        visits=sum(chart.bars),
        new=sum(chart.dots),
        most=chart.bars[best],
        when=full[best],
    )
    hints = [
        words.plain("{when}: {visits} visits, {new} new customers", when=when, visits=visits, new=new)
        for when, visits, new in zip(full, chart.bars, chart.dots, strict=True)
    ]
    return ChartText(name="visits", description=description, hints=hints, number=words.number)
