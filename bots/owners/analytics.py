"""Analytics: the shop's figures as a chart and in words, for a day, a week, a month or a year.

They are the figures of the API's analytics.
"""

from collections.abc import Callable
from datetime import date
from itertools import groupby

import msgspec
from babel.dates import format_skeleton

from bots.buttons import MAIN, Rows, button
from bots.owners.screens import back, show_picture
from bots.turn import Turn
from bots.words import N_, Html, Words
from loyalty_app.customers.analytics import read_summary
from loyalty_app.pictures.card import BROWN
from loyalty_app.pictures.chart import ChartPicture, render_chart
from loyalty_app.pictures.render_thread import drawn
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.staff import Position
from loyalty_core.analytics import Day, Summary

USUAL = 30


class Span(msgspec.Struct, frozen=True):
    """A period: its button and title, the days that its chart shows, how they are labelled, and whether by month."""

    label: str
    title: str
    shown: int
    skeleton: str
    monthly: bool = False


SPANS = {
    1: Span(N_("Today"), N_("Today"), 7, "EEE"),
    7: Span(N_("7 days"), N_("The last 7 days"), 7, "EEE"),
    30: Span(N_("30 days"), N_("The last 30 days"), 30, "d"),
    365: Span(N_("A year"), N_("The last 365 days"), 365, "MMM", monthly=True),
}


async def show_figures(turn: Turn, position: Position) -> None:
    """Show the figures of a period, in place of another period's."""
    days = turn.press.number(1)
    span, business, now = SPANS.get(days), position.business, turn.now(position.business)
    if span is None:
        return
    summary = await turn.read(lambda connection: read_summary(connection, business, days=days, now=now))
    charted = await turn.read(lambda connection: read_summary(connection, business, days=span.shown, now=now))
    picture = await drawn(render_chart, chart_of(turn.words, business, span, daily=charted.daily))
    caption = in_words(turn.words, business, span, summary=summary)
    await show_picture(turn, picture, caption, _rows(turn.words, position, days))


def _rows(words: Words, position: Position, days: int) -> Rows:
    periods = [
        button(words.label(span.label), "figures", position.business.id, each, look=MAIN if each == days else None)
        for each, span in SPANS.items()
    ]
    return [periods, back(words, position)]


def in_words(words: Words, business: Business, span: Span, *, summary: Summary) -> Html:
    """All figures of a period as text, one below the other."""
    people, rewards = summary.customers, summary.rewards
    again, redeemed = people.returning, rewards.redeemed
    lines = [
        words.say("📊 <b>{shop}</b> · {period}", shop=business.name, period=words.plain(span.title)),
        "",
        words.say("Visits: <b>{n}</b>", n=summary.visits),
        words.say("Stamps: <b>{n}</b>", n=summary.stamps.added - summary.stamps.voided),
        words.say("New customers: <b>{n}</b>", n=people.new),
        words.say("Customers who came: <b>{n}</b>, came back: <b>{again}</b>", n=people.active, again=again),
        words.say("Rewards earned: <b>{n}</b>, handed out: <b>{redeemed}</b>", n=rewards.earned, redeemed=redeemed),
        "",
        words.say("Customers: <b>{n}</b>, open rewards: <b>{open}</b>", n=people.total, open=rewards.outstanding),
    ]
    return Html("\n".join(lines))


def chart_of(words: Words, business: Business, span: Span, *, daily: tuple[Day, ...]) -> ChartPicture:
    """Visits as bars and new customers as dots, a day or a month each."""
    grouped = groupby(daily, key=_month if span.monthly else _day)
    columns = [list(days) for _, days in grouped]
    return ChartPicture(
        title=business.name,
        labels=tuple(_label(words, span, column[-1].date) for column in columns),
        bars=_sums(columns, lambda day: day.visits),
        bars_legend=words.plain("Visits"),
        dots=_sums(columns, lambda day: day.new_customers),
        dots_legend=words.plain("New customers"),
        colour=business.card_color or BROWN,
        language=words.code,
    )


def _day(day: Day) -> date:
    return day.date


def _month(day: Day) -> date:
    return day.date.replace(day=1)


def _label(words: Words, span: Span, day: date) -> str:
    return str(format_skeleton(span.skeleton, day, locale=words.locale))


def _sums(columns: list[list[Day]], figure: Callable[[Day], int]) -> tuple[int, ...]:
    return tuple(sum(map(figure, column)) for column in columns)
