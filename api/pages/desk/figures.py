"""Figures: how the program did today, in a week, a month or a year, and in which branch; each chart has its table."""

from collections.abc import Iterable, Sequence
from io import StringIO

import msgspec
from litestar import get
from litestar.response import Template
from litestar.response.base import ASGIResponse

from api.messages import AppRequest
from api.pages.desk.figure_charts import SPANS, ChartSpan, chart_text, columns_of, day_chart
from api.pages.desk.frame import DeskVisit, SectionPage, shown, visit_of
from api.pages.desk.passkeys import offers_passkey
from api.pages.desk.sections import FIGURES
from loyalty_app.customers.analytics import read_summary
from loyalty_app.customers.branch_figures import FiguresByBranch, read_branch_figures
from loyalty_app.exporting.files import write_sheet
from loyalty_app.pictures.svg_chart import svg_bar, svg_chart
from loyalty_app.words import Html
from loyalty_core.analytics import Summary

USUAL = 30
DAY_HEAD = ("date", "visits", "stamps", "new_customers", "rewards_earned", "rewards_redeemed")
BRANCH_HEAD = ("branch", "visits", "stamps")


class FiguresRead(msgspec.Struct, frozen=True):
    """The figures of a period, those of the days that its chart shows, and those of branches."""

    whole: Summary
    charted: Summary
    branches: FiguresByBranch


@get("/{shop:str}/figures")
async def show_figures(request: AppRequest) -> Template:
    """The figures of a period. Raises what `visit_of` raises."""
    visit = await visit_of(request, FIGURES)
    days, span = _span(visit)
    found = await _read(visit, days, span)
    columns = columns_of(found.charted.daily, monthly=span.monthly)
    chart = day_chart(visit.words, visit.shop, span, columns)
    context: dict[str, object] = {
        "days": days,
        "spans": SPANS,
        "tiles": _tiles(visit, found.whole),
        "chart": Html(svg_chart(chart, chart_text(visit.words, span, columns, chart))),
        "columns": columns,
        "full_labels": [span.full_label(visit.words, column[-1].date) for column in columns],
        "branches": found.branches,
        "bars": _bars(visit, found.branches),
        "offers_passkey": await offers_passkey(visit),
    }
    return shown(visit, SectionPage(template="figures.html", context=context))


@get("/{shop:str}/figures.csv")
async def download_figures(request: AppRequest) -> ASGIResponse:
    """The days of the chart as CSV. Raises what `visit_of` raises."""
    visit = await visit_of(request, FIGURES)
    days, span = _span(visit)
    found = await _read(visit, days, span)
    rows = [
        (day.date, day.visits, day.stamps, day.new_customers, day.rewards_earned, day.rewards_redeemed)
        for day in found.charted.daily
    ]
    return sheet_response(f"figures-{found.charted.period.last}.csv", DAY_HEAD, rows)


@get("/{shop:str}/branches.csv")
async def download_branches(request: AppRequest) -> ASGIResponse:
    """The figures of the branches as CSV. Raises what `visit_of` raises."""
    visit = await visit_of(request, FIGURES)
    days, span = _span(visit)
    found = await _read(visit, days, span)
    rows = [(branch.name, branch.visits, branch.stamps) for branch in found.branches.branches]
    return sheet_response(f"branches-{found.charted.period.last}.csv", BRANCH_HEAD, rows)


def _span(visit: DeskVisit) -> tuple[int, ChartSpan]:
    """The period that is asked for; 30 days if it is none."""
    text = visit.asked("days")
    days = int(text) if text.isdecimal() and text in map(str, SPANS) else USUAL
    return days, SPANS[days]


async def _read(visit: DeskVisit, days: int, span: ChartSpan) -> FiguresRead:
    shop, now = visit.shop, visit.now
    return await visit.runtime.database.read(
        lambda c: FiguresRead(
            read_summary(c, shop, days=days, now=now),
            read_summary(c, shop, days=span.shown, now=now),
            read_branch_figures(c, shop, days=days, now=now),
        )
    )


def _tiles(visit: DeskVisit, summary: Summary) -> list[tuple[str, str]]:
    words, people, rewards = visit.words, summary.customers, summary.rewards
    return [
        (words.plain("Visits"), words.number(summary.visits)),
        (words.plain("Stamps"), words.number(summary.stamps.added - summary.stamps.voided)),
        (words.plain("Customers who came"), words.number(people.active)),
        (words.plain("Of them came back"), words.number(people.returning)),
        (words.plain("New customers"), words.number(people.new)),
        (words.plain("All customers"), words.number(people.total)),
        (words.plain("Rewards earned"), words.number(rewards.earned)),
        (words.plain("Rewards handed out"), words.number(rewards.redeemed)),
        (words.plain("Open rewards"), words.number(rewards.outstanding)),
    ]


def _bars(visit: DeskVisit, found: FiguresByBranch) -> list[Html]:
    highest = max((branch.visits for branch in found.branches), default=0)
    return [Html(svg_bar(branch.visits, highest, language=visit.words.code)) for branch in found.branches]


def sheet_response(name: str, head: tuple[str, ...], rows: Iterable[Sequence[object]]) -> ASGIResponse:
    """A sheet to download, as all exports are: in UTF-8, and with no cell that a spreadsheet would calculate."""
    file = StringIO(newline="")
    write_sheet(file, head, rows)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return ASGIResponse(body=file.getvalue().encode(), media_type="text/csv", headers=headers)


HANDLERS = [show_figures, download_figures, download_branches]
