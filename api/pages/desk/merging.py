"""Merging at the desk: two cards of one person become one, after both were seen, and two again within 30 days.

From a customer's page: a search, the two side by side, and a form. The counter decides; what it refuses is said above
them. What stands on the customer's page is in `customer_card`.
"""

from litestar import get, post
from litestar.response import Redirect, Template

from api.messages import AppRequest
from api.pages.desk.customer_card import refused_card
from api.pages.desk.forms import read_form, refused_page
from api.pages.desk.frame import DeskVisit, SectionPage, done, path_number, shown, visit_of
from api.pages.desk.ledger_lines import names_of
from api.pages.desk.sections import CUSTOMERS
from loyalty_app.customers.lists import Search, find_customer, list_customers, show_customer
from loyalty_app.pagination import PageRequest
from loyalty_app.shops.links import code_in
from loyalty_core.errors import CustomerNotFound, InvalidRequest, LoyaltyError, MergeBar, MergeRefused
from loyalty_core.fields import CustomerId
from loyalty_core.views import CustomerDetails, CustomerView

MOST = 10
LONGEST_SEARCH = 200


@get("/{shop:str}/customers/{customer:str}/merge")
async def search_other(request: AppRequest) -> Template:
    """Search the other card. Raises what `visit_of` raises, CustomerNotFound."""
    visit, number = await visit_of(request, CUSTOMERS), path_number(request, "customer")
    customer, text = await _customer(visit, number), visit.asked("q")[:LONGEST_SEARCH]
    context: dict[str, object] = {
        "customer": customer,
        "text": text,
        "found": await _found(visit, text, customer.id) if text else [],
        "programs": (await names_of(visit)).programs,
    }
    title = visit.words.plain("Merge with another card")
    return shown(visit, SectionPage(template="merge.html", title=title, context=context))


@get("/{shop:str}/customers/{customer:str}/merge/{other:str}")
async def show_both(request: AppRequest) -> Template:
    """Show both cards. Raises what `visit_of` raises, CustomerNotFound."""
    return await _both(await visit_of(request, CUSTOMERS))


@post("/{shop:str}/customers/{customer:str}/merge/{other:str}", status_code=200)
async def merge(request: AppRequest) -> Redirect | Template:
    """Make them one. Raises what `visit_of` raises, CustomerNotFound."""
    visit, form = await visit_of(request, CUSTOMERS), await read_form(request)
    customer, other = path_number(request, "customer"), path_number(request, "other")
    try:
        await visit.runtime.counter.merge(visit.caller(form.key), customer, other)
    except CustomerNotFound:
        raise
    except LoyaltyError as refusal:
        return await _both(visit, refusal=refusal)
    return done(visit, f"customers/{customer}", "merged")


@post("/{shop:str}/customers/{customer:str}/unmerge/{other:str}", status_code=200)
async def unmerge(request: AppRequest) -> Redirect | Template:
    """Make them two again. Raises what `visit_of` raises, CustomerNotFound."""
    visit, form = await visit_of(request, CUSTOMERS), await read_form(request)
    customer, other = path_number(request, "customer"), path_number(request, "other")
    try:
        await visit.runtime.counter.unmerge(visit.caller(form.key), customer, other)
    except CustomerNotFound:
        raise
    except LoyaltyError as refusal:
        return await refused_card(visit, customer, refusal)
    return done(visit, f"customers/{customer}", "unmerged")


async def _customer(visit: DeskVisit, number: int) -> CustomerDetails:
    shop, now = visit.shop, visit.now
    return await visit.runtime.database.read(lambda c: show_customer(c, shop, number, now=now))


async def _found(visit: DeskVisit, text: str, but: CustomerId) -> list[CustomerView]:
    """The customers whom a text means, without that one: by code, else by what the search of customers finds."""
    shop, now, code = visit.shop, visit.now, code_in(text)
    if code is not None:
        try:
            named = await visit.runtime.database.read(lambda c: find_customer(c, shop.id, code))
        except CustomerNotFound:
            return []
        return [await _customer(visit, named.id)] if named.id != but else []
    wanted = PageRequest(limit=MOST + 1)
    found = await visit.runtime.database.read(lambda c: list_customers(c, shop, Search(q=text), wanted=wanted, now=now))
    return [one for one in found.data if one.id != but][:MOST]


async def _both(visit: DeskVisit, *, refusal: LoyaltyError | None = None) -> Template:
    """Both cards; if they are one, that is said."""
    numbers = path_number(visit.request, "customer"), path_number(visit.request, "other")
    customer, other = await _customer(visit, numbers[0]), await _customer(visit, numbers[1])
    if customer.id == other.id:
        refusal = _one_customer(same=numbers[0] == numbers[1])
    context: dict[str, object] = {
        "customer": customer,
        "other": other,
        "programs": (await names_of(visit)).programs,
        "can_be_merged": customer.id != other.id,
    }
    title = visit.words.plain("One person?")
    page = SectionPage(template="merge_both.html", title=title, context=context)
    return shown(visit, refused_page(visit, page, refusal, says=_said(visit, refusal)))


def _one_customer(*, same: bool) -> LoyaltyError:
    if same:
        return InvalidRequest.field("from_id", "must be the id of another customer")
    return MergeRefused("These two are one customer already.", MergeBar.ALREADY_MERGED)


def _said(visit: DeskVisit, refusal: LoyaltyError | None) -> str:
    """What is said of a card that would be merged with itself; empty for what is said as everywhere."""
    if isinstance(refusal, InvalidRequest) and any(error.pointer == "/from_id" for error in refusal.errors):
        return visit.words.plain("A card cannot become one with itself. Please choose another card.")
    return ""


HANDLERS = [search_other, show_both, merge, unmerge]
