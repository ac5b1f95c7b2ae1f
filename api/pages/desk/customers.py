"""Customers: found by name, phone number, e-mail address or code; all of them in the order in which they joined."""

from litestar import get
from litestar.response import Redirect, Template

from api.messages import AppRequest
from api.pages.desk.frame import DeskVisit, SectionPage, shown, visit_of
from api.pages.desk.ledger_lines import names_of
from api.pages.desk.sections import CUSTOMERS
from loyalty_app.customers.lists import Search, find_customer, list_customers
from loyalty_app.pagination import PageRequest
from loyalty_app.shops.links import code_in
from loyalty_core.errors import CustomerNotFound

LINES = 50
LONGEST_SEARCH = 200


@get("/{shop:str}/customers")
async def show_customers(request: AppRequest) -> Template | Redirect:
    """A part of the customers; a whole code leads to its card. Raises what `visit_of` raises, InvalidCursor."""
    visit = await visit_of(request, CUSTOMERS)
    text = visit.asked("q")[:LONGEST_SEARCH]
    number = await _with_code(visit, text)
    if number is not None:
        return Redirect(visit.address(f"customers/{number}"), status_code=303)
    shop, now = visit.shop, visit.now
    wanted = PageRequest(limit=LINES, cursor=visit.asked("cursor") or None)
    found = await visit.runtime.database.read(
        lambda c: list_customers(c, shop, Search(q=text or None), wanted=wanted, now=now)
    )
    context: dict[str, object] = {
        "text": text,
        "customers": found.data,
        "programs": (await names_of(visit)).programs,
        "total": found.pagination.total,
        "more": found.pagination.next_cursor,
        "later": bool(wanted.cursor),
    }
    return shown(visit, SectionPage(template="customers.html", context=context))


async def _with_code(visit: DeskVisit, text: str) -> int | None:
    code, business_id = code_in(text) if text else None, visit.shop.id
    if code is None:
        return None
    try:
        return (await visit.runtime.database.read(lambda c: find_customer(c, business_id, code))).id
    except CustomerNotFound:
        return None


HANDLERS = [show_customers]
