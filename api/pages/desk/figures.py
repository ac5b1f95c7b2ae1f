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
from api.pages.desk.ledger_lines import names_of
from api.pages.desk.passkeys import offers_passkey
from api.pages.desk.sections import FIGURES
from loyalty_app.customers.analytics_shares import read_analytics
from loyalty_app.customers.branch_entries import Share
from loyalty_app.exporting.files import write_sheet
from loyalty_app.pictures.svg_chart import svg_bar, svg_chart
from loyalty_app.words import Html
from loyalty_core.analytics import BranchFigures, Summary

USUAL = 30
DAY_HEAD = ("date", "visits", "stamps", "new_customers", "rewards_earned", "rewards_redeemed")
BRANCH_HEAD = ("branch", "visits", "stamps")
PROGRAM_HEAD = ("program", "visits", "stamps", "rewards_earned", "rewards_redeemed", "rewards_outstanding")


class FiguresAsked(msgspec.Struct, frozen=True):
    """The period that is asked for, and of which program; 0 is the whole shop. `programs` are there to choose from."""

    days: int
    span: ChartSpan
    program: int
    programs: dict[int, str]


class FiguresRead(msgspec.Struct, frozen=True):
    """The figures of a period, and those of the chart's days if they are others: of the whole shop, or of a program."""

    whole: Summary
    other_days: Summary | None

    @property
    def charted(self) -> Summary:
        """The figures of the days that the chart shows."""
        return self.other_days or self.whole

    @property
    def branches(self) -> tuple[BranchFigures, ...]:
        """Those of branches; none of one program."""
        return self.whole.branches or ()


@get("/{shop:str}/figures")
async def show_figures(request: AppRequest) -> Template:
    """The figures of a period. Raises what `visit_of` raises."""
    visit = await visit_of(request, FIGURES)
    asked = await _asked(visit)
    found, span = await _read(visit, asked), asked.span
    columns = columns_of(found.charted.daily, monthly=span.monthly)
    chart = day_chart(visit.words, visit.shop, span, columns)
    context: dict[str, object] = {
        "days": asked.days,
        "spans": SPANS,
        "program": asked.program,
        "programs": asked.programs,
        "tiles": _tiles(visit, found.whole),
        "chart": Html(svg_chart(chart, chart_text(visit.words, span, columns, chart))),
        "columns": columns,
        "full_labels": [span.full_label(visit.words, column[-1].date) for column in columns],
        "by_program": (found.whole.programs or ()) if asked.programs else (),
        "branches": found.branches,
        "branches_since": found.whole.branches_since or None,
        "bars": _bars(visit, found.branches),
        "offers_passkey": await offers_passkey(visit),
    }
    return shown(visit, SectionPage(template="figures.html", context=context))


@get("/{shop:str}/figures.csv")
async def download_figures(request: AppRequest) -> ASGIResponse:
    """The days of the chart as CSV. Raises what `visit_of` raises."""
    visit = await visit_of(request, FIGURES)
    found = await _read(visit, await _asked(visit))
    rows = [
        (day.date, day.visits, day.stamps, day.new_customers, day.rewards_earned, day.rewards_redeemed)
        for day in found.charted.daily
    ]
    return sheet_response(f"figures-{found.charted.period.last}.csv", DAY_HEAD, rows)


@get("/{shop:str}/branches.csv")
async def download_branches(request: AppRequest) -> ASGIResponse:
    """The figures of the branches as CSV. Raises what `visit_of` raises."""
    visit = await visit_of(request, FIGURES)
    found = await _read(visit, await _asked(visit))
    rows = [(branch.name, branch.visits, branch.stamps) for branch in found.branches]
    return sheet_response(f"branches-{found.charted.period.last}.csv", BRANCH_HEAD, rows)


@get("/{shop:str}/programs.csv")
async def download_programs(request: AppRequest) -> ASGIResponse:
    """The figures of the programs as CSV. Raises what `visit_of` raises."""
    visit = await visit_of(request, FIGURES)
    asked = await _asked(visit)
    found = await _read(visit, msgspec.structs.replace(asked, program=0))
    rows = [
        (
            asked.programs.get(one.program_id, visit.shop.name),
            one.visits,
            one.stamps.added - one.stamps.voided,
            one.rewards.earned,
            one.rewards.redeemed,
            one.rewards.outstanding,
        )
        for one in found.whole.programs or ()
    ]
    return sheet_response(f"programs-{found.charted.period.last}.csv", PROGRAM_HEAD, rows)


async def _asked(visit: DeskVisit) -> FiguresAsked:
    """What is asked for; 30 days of the whole shop if it is nothing that there is."""
    text, number, programs = visit.asked("days"), visit.asked("program"), (await names_of(visit)).programs
    days = int(text) if text.isdecimal() and text in map(str, SPANS) else USUAL
    return FiguresAsked(days, SPANS[days], next((one for one in programs if str(one) == number), 0), programs)


async def _read(visit: DeskVisit, asked: FiguresAsked) -> FiguresRead:
    shop, now, share = visit.shop, visit.now, Share(asked.program or None)
    days, shown = asked.days, asked.span.shown
    return await visit.runtime.database.read(
        lambda c: FiguresRead(
            read_analytics(c, shop, share, days=days, now=now),
            read_analytics(c, shop, share, days=shown, now=now) if shown != days else None,
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


def _bars(visit: DeskVisit, branches: Sequence[BranchFigures]) -> list[Html]:
    highest = max((branch.visits for branch in branches), default=0)
    return [Html(svg_bar(branch.visits, highest, language=visit.words.code)) for branch in branches]


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


HANDLERS = [show_figures, download_figures, download_branches, download_programs]
