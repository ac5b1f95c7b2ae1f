"""Rewards: what the shop owes, summed up and the oldest first, and what became of the others, the newest first."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from litestar import get
from litestar.response import Template

from api.messages import AppRequest
from api.pages.desk.frame import DeskVisit, SectionPage, shown, visit_of
from api.pages.desk.ledger_lines import names_of
from api.pages.desk.sections import REWARDS
from loyalty_app.customers.analytics import count_rewards
from loyalty_app.customers.lists import Owed, RewardSearch, list_owed, list_rewards
from loyalty_app.customers.owed import read_rewards_summary
from loyalty_app.customers.staff_view import with_ids
from loyalty_app.pagination import Page, PageRequest
from loyalty_app.words import N_, Words
from loyalty_core.customers import Customer
from loyalty_core.owed import OwedAge, OwedBranch, RewardsSummary
from loyalty_core.rewards import RewardStatus
from loyalty_core.views import RewardView, program_number

LINES = 50
STATUSES: dict[RewardStatus, str] = {
    RewardStatus.AVAILABLE: N_("Open"),
    RewardStatus.REDEEMED: N_("Handed out"),
    RewardStatus.EXPIRED: N_("Expired"),
    RewardStatus.VOIDED: N_("Taken back"),
}


class RewardLine(msgspec.Struct, frozen=True, kw_only=True):
    """One reward in words. `end` is when it was handed out or ends; `customer` is empty if that card is erased.

    `program` is empty in a shop with one program.
    """

    customer_id: int
    customer: str
    reward: str
    program: str
    earned: str
    end: str


class RewardFilter(msgspec.Struct, frozen=True):
    """Which rewards are asked for: with which status, of which program (0 is all), and what programs are called."""

    status: RewardStatus
    program: int
    programs: dict[int, str]

    @property
    def of_program(self) -> int | None:
        """The number of the program; None is all."""
        return self.program or None

    def title(self, number: int) -> str:
        """What a program is called; empty in a shop with one program."""
        return self.programs.get(number, "")


@get("/{shop:str}/rewards")
async def show_rewards(request: AppRequest) -> Template:
    """Rewards with one status, perhaps of one program. Raises what `visit_of` raises, InvalidCursor."""
    visit = await visit_of(request, REWARDS)
    asked = await _filter(visit)
    wanted = PageRequest(limit=LINES, cursor=visit.asked("cursor") or None)
    is_open = asked.status is RewardStatus.AVAILABLE
    lines, more = await (_owed(visit, asked, wanted) if is_open else _others(visit, asked, wanted))
    shop, now = visit.shop, visit.now
    counts = await visit.runtime.database.read(
        lambda c: {one: count_rewards(c, shop.id, one, now=now) for one in STATUSES}
    )
    is_first = is_open and not wanted.cursor and not asked.program
    owed = await visit.runtime.database.read(lambda c: read_rewards_summary(c, shop, now=now)) if is_first else None
    sums = _sums(visit, owed) if owed else []
    context: dict[str, object] = {
        "status": asked.status,
        "program": asked.program,
        "programs": asked.programs,
        "sums": sums,
        "says_cost": any(one.reward_cost is not None for one in owed.programs) if owed else True,
        "statuses": STATUSES,
        "counts": counts,
        "lines": lines,
        "more": more,
        "later": bool(wanted.cursor),
    }
    return shown(visit, SectionPage(template="rewards.html", context=context))


async def _filter(visit: DeskVisit) -> RewardFilter:
    status, program, programs = visit.asked("status"), visit.asked("program"), (await names_of(visit)).programs
    return RewardFilter(
        RewardStatus(status) if status in set(RewardStatus) else RewardStatus.AVAILABLE,
        next((number for number in programs if str(number) == program), 0),
        programs,
    )


def _sums(visit: DeskVisit, owed: RewardsSummary) -> list[str]:
    """What is owed in money, by program, age and branch, and the share that is redeemed: what there is to say."""
    words, shop = visit.words, visit.shop
    programs = [
        words.plain("{name}: {number}", name=one.title or shop.name, number=one.outstanding)
        for one in owed.programs
        if one.outstanding and len(owed.programs) > 1
    ]
    ages = [_age(words, one) for one in owed.ages if one.outstanding]
    branches = [_branch(words, one) for one in owed.branches if one.outstanding]
    days, share = owed.redeemed.days, owed.redeemed.share
    costs = Counter[str]()
    for one in owed.programs:
        if one.outstanding and one.cost is not None and one.currency is not None:
            costs[one.currency] += one.cost
    money = [words.money(cost, currency) for currency, cost in costs.items()]
    return [
        *([words.plain("In money: {money}", money=words.join(money))] if money else []),
        *([words.plain("By program: {programs}", programs=words.join(programs))] if programs else []),
        *([words.plain("By age: {ages}", ages=words.join(ages))] if ages else []),
        *([words.plain("By branch: {branches}", branches=words.join(branches))] if branches else []),
        *([_share(words, days, share)] if share is not None else []),
    ]


def _age(words: Words, age: OwedAge) -> str:
    if age.to_days is None:
        return words.plain("{number} older", number=age.outstanding)
    return words.plain_count("{number} up to {n} day", "{number} up to {n} days", age.to_days, number=age.outstanding)


def _branch(words: Words, branch: OwedBranch) -> str:
    if branch.name is None:
        return words.plain("at no branch: {number}", number=branch.outstanding)
    return words.plain("{name}: {number}", name=branch.name, number=branch.outstanding)


def _share(words: Words, days: int, share: float) -> str:
    return words.plain_count(
        "Handed out in the last {n} day: {percent} of what could have been",
        "Handed out in the last {n} days: {percent} of what could have been",
        days,
        percent=words.percent(share),
    )


Lines = tuple[Sequence[RewardLine], str | None]
"""Some lines, and the cursor of the next ones."""


async def _owed(visit: DeskVisit, asked: RewardFilter, wanted: PageRequest) -> Lines:
    shop, now, program = visit.shop, visit.now, asked.of_program
    found: Page[Owed] = await visit.runtime.database.read(
        lambda c: list_owed(c, shop, now=now, wanted=wanted, of_program=program)
    )
    lines = [
        RewardLine(
            customer_id=owed.customer_id,
            customer=owed.customer_name,
            reward=owed.description,
            program=asked.title(program_number(shop.id, owed.program_id)),
            earned=_day(visit, owed.earned_at),
            end=_last_day(visit.words, visit, owed.expires_at),
        )
        for owed in found.data
    ]
    return lines, found.pagination.next_cursor


async def _others(visit: DeskVisit, asked: RewardFilter, wanted: PageRequest) -> Lines:
    shop, search = visit.shop, RewardSearch(now=visit.now, status=asked.status, program_id=asked.of_program)
    found = await visit.runtime.database.read(lambda c: list_rewards(c, shop, search, wanted=wanted))
    ids = {one.customer_id for one in found.data}
    people = await visit.runtime.database.read(lambda c: with_ids(c, shop.id, sorted(ids)))
    names: dict[int, Customer] = {one.id: one for one in people}
    lines = [_line(visit, asked, one, names.get(one.customer_id)) for one in found.data]
    return lines, found.pagination.next_cursor


def _line(visit: DeskVisit, asked: RewardFilter, one: RewardView, holder: Customer | None) -> RewardLine:
    end = _day(visit, one.redeemed_at) if one.redeemed_at else _last_day(visit.words, visit, one.expires_at)
    return RewardLine(
        customer_id=one.customer_id,
        customer=holder.name if holder else "",
        reward=one.description,
        program=asked.title(one.program_id or 0),
        earned=_day(visit, one.earned_at),
        end=end,
    )


def _day(visit: DeskVisit, moment: datetime) -> str:
    return visit.words.date(moment.astimezone(visit.shop.zone))


def _last_day(words: Words, visit: DeskVisit, end: datetime | None) -> str:
    """The last day of a reward, which ends at the midnight after it."""
    return _day(visit, end - timedelta(seconds=1)) if end else words.plain("for ever")


HANDLERS = [show_rewards]
