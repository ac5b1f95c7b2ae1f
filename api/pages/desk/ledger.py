"""Ledger: what was done, by whom, for whom and where; filtered, and undone where the person may."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template

from api.messages import AppRequest
from api.pages.desk.forms import read_form, sentence_of
from api.pages.desk.frame import DeskVisit, SectionPage, done, path_number, shown, visit_of
from api.pages.desk.ledger_lines import KINDS, ledger_lines, names_of
from api.pages.desk.sections import LEDGER
from api.problems import STATUS
from loyalty_app.customers.staff_work import list_deeds
from loyalty_app.customers.transactions import LedgerSearch
from loyalty_app.pagination import PageRequest
from loyalty_app.shops.staff import StaffMember, list_staff
from loyalty_app.words import N_
from loyalty_core.errors import InvalidRequest, LoyaltyError
from loyalty_core.fields import LARGEST_ID, Reason, TransactionId
from loyalty_core.ledger import EntryType

LINES = 50
OF_ONE_PERSON = timedelta(days=30)
"""So far back the work of one member of the staff is shown unless days are given, as in the chat."""
WRONG_DAY = N_("Please write a day as 2026-03-01.")
WRONG_ORDER = N_("Please write the number of the order, 100 letters at most.")
LONGEST_ORDER = 100
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9999, 1, 1)


class LedgerFilter(msgspec.Struct, frozen=True):
    """What is asked for, as it was written, and what of it is wrong."""

    search: LedgerSearch
    faults: dict[str, str]


class UndoForm(msgspec.Struct, frozen=True):
    """Why something is undone."""

    reason: Reason | None = None


@get("/{shop:str}/ledger")
async def show_ledger(request: AppRequest) -> Template:
    """A part of the ledger. Raises what `visit_of` raises, InvalidCursor."""
    return await _page(await visit_of(request, LEDGER))


@post("/{shop:str}/ledger/{entry:str}/undo", status_code=200)
async def undo(request: AppRequest) -> Redirect | Template:
    """Undo an entry, as in the chat; a refusal is shown above the ledger. Raises what `visit_of` raises."""
    visit = await visit_of(request, LEDGER)
    form, entry = await read_form(request), TransactionId(path_number(request, "entry"))
    try:
        asked = _reason(form.text("reason"))
        await visit.runtime.counter.void(visit.caller(form.key), entry, reason=asked.reason)
    except LoyaltyError as refusal:
        wrong = sentence_of(visit.words, refusal, visit.now)
        return await _page(visit, wrong=wrong, status=STATUS[type(refusal)])
    customer = _number(form.text("customer"))
    return done(visit, f"customers/{customer}" if customer else "ledger", "undone")


def _reason(text: str) -> UndoForm:
    try:
        return msgspec.convert({"reason": text or None}, UndoForm)
    except msgspec.ValidationError:
        raise InvalidRequest.field("reason", "must be a short text") from None


async def _page(visit: DeskVisit, *, wrong: str = "", status: int = 200) -> Template:
    asked = _filter(visit)
    people = await list_staff(visit.runtime.database, visit.shop.id)
    shop, wanted = visit.shop, PageRequest(limit=LINES, cursor=visit.asked("cursor") or None)
    found = await visit.runtime.database.read(lambda c: list_deeds(c, shop, asked.search, wanted=wanted))
    names = await names_of(visit)
    context: dict[str, object] = {
        "lines": ledger_lines(visit, found.data, names),
        "kinds": KINDS,
        "branches": names.branches,
        "programs": names.programs,
        "people": _names(people),
        "more": found.pagination.next_cursor,
        "asked": {name: visit.asked(name) for name in ("type", "program", "branch", "who", "from", "to", "order")},
        "filtered": asked.search != LedgerSearch() or bool(asked.faults),
    }
    page = SectionPage(template="ledger.html", context=context, wrong=wrong, faults=asked.faults, status=status)
    return shown(visit, page)


def _names(people: Sequence[StaffMember]) -> dict[int, str]:
    return {person.staff_id: person.name for person in people}


def _filter(visit: DeskVisit) -> LedgerFilter:
    """The filter in the address: what is wrong with it is said, and left out."""
    first, last = _day(visit.asked("from")), _day(visit.asked("to"))
    order, who = visit.asked("order"), _number(visit.asked("who"))
    days = {"from": first, "to": last}
    wrong = {name: visit.words.plain(WRONG_DAY) for name, day in days.items() if day is None and visit.asked(name)}
    if len(order) > LONGEST_ORDER:
        wrong["order"] = visit.words.plain(WRONG_ORDER)
    since = _midnight(visit, first) if first else visit.now - OF_ONE_PERSON if who else None
    search = LedgerSearch(
        order_ref=None if not order or "order" in wrong else order,
        type=EntryType(visit.asked("type")) if visit.asked("type") in set(EntryType) else None,
        branch_id=_number(visit.asked("branch")),
        program_id=_number(visit.asked("program")),
        staff_id=who,
        since=since,
        until=_midnight(visit, last + timedelta(days=1)) if last else None,
    )
    return LedgerFilter(search, wrong)


def _number(text: str) -> int | None:
    number = int(text) if text.isdecimal() and len(text) <= len(str(LARGEST_ID)) else 0
    return number if 0 < number <= LARGEST_ID else None


def _day(text: str) -> date | None:
    """A day; None if it is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY < day < LAST_DAY else None


def _midnight(visit: DeskVisit, day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=visit.shop.zone)


HANDLERS = [show_ledger, undo]
