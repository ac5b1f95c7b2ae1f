"""A customer's card at the desk: what is on it, and stamping, handing out, changing the profile and erasing.

Everything goes through the counter, with the key of the form; what is refused is said above the card.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template

from api.messages import AppRequest
from api.pages.desk.forms import SentForm, check_fields, field_faults, read_form, sentence_of
from api.pages.desk.frame import DeskVisit, SectionPage, done, path_number, shown, visit_of
from api.pages.desk.ledger_lines import ledger_lines, names_of
from api.pages.desk.sections import CUSTOMERS
from api.problems import STATUS
from loyalty_app.customers.lists import show_customer
from loyalty_app.customers.staff_view import separable_from, with_ids
from loyalty_app.customers.staff_work import list_deeds
from loyalty_app.customers.transactions import LedgerSearch
from loyalty_app.pagination import PageRequest
from loyalty_app.words import N_
from loyalty_core.customers import ProfileChange
from loyalty_core.errors import CustomerNotFound, InvalidRequest, LoyaltyError
from loyalty_core.stamping import RedeemOrder, StampOrder
from loyalty_core.unmerging import UNMERGE_DAYS
from loyalty_core.views import CustomerDetails

LINES = 20
MOST_MERGED = 20
PROFILE = ("name", "phone", "email", "birthday")
SURE = N_("Please tick that you are sure.")


@get("/{shop:str}/customers/{customer:str}")
async def show_card(request: AppRequest) -> Template:
    """The card. Raises what `visit_of` raises, CustomerNotFound."""
    visit = await visit_of(request, CUSTOMERS)
    return await _card(visit, path_number(request, "customer"))


@post("/{shop:str}/customers/{customer:str}/stamp", status_code=200)
async def give_stamps(request: AppRequest) -> Redirect | Template:
    """Stamp the card. Raises what `visit_of` raises, CustomerNotFound."""
    return await _done_once(request, _stamp)


@post("/{shop:str}/customers/{customer:str}/redeem", status_code=200)
async def hand_out(request: AppRequest) -> Redirect | Template:
    """Hand out a reward. Raises what `visit_of` raises, CustomerNotFound."""
    return await _done_once(request, _redeem)


@post("/{shop:str}/customers/{customer:str}/profile", status_code=200)
async def change_profile(request: AppRequest) -> Redirect | Template:
    """Change the profile. Raises what `visit_of` raises, CustomerNotFound."""
    return await _done_once(request, _change)


@post("/{shop:str}/customers/{customer:str}/no-more", status_code=200)
async def write_no_more(request: AppRequest) -> Redirect | Template:
    """Note that the customer wants no more messages to many. Raises what `visit_of` raises, CustomerNotFound."""
    return await _done_once(request, _opt_out)


@post("/{shop:str}/customers/{customer:str}/erase", status_code=200)
async def erase(request: AppRequest) -> Redirect | Template:
    """Erase the customer's personal data. Raises what `visit_of` raises, CustomerNotFound."""
    return await _done_once(request, _erase)


Deed = Callable[[DeskVisit, SentForm, int], Awaitable[str]]
"""Something that is done for a customer; it gives the key of what is said after it, or raises a refusal."""


async def _done_once(request: AppRequest, act: Deed) -> Redirect | Template:
    visit, customer = await visit_of(request, CUSTOMERS), path_number(request, "customer")
    form = await read_form(request)
    try:
        said = await act(visit, form, customer)
    except CustomerNotFound:
        raise
    except LoyaltyError as refusal:
        return await _card(visit, customer, form=form, refusal=refusal)
    return done(visit, "customers" if said == "erased" else f"customers/{customer}", said)


async def _stamp(visit: DeskVisit, form: SentForm, customer: int) -> str:
    values = {"stamps": form.number("stamps"), "branch_id": form.number("branch_id")}
    if form.text("program_id"):
        values["program_id"] = form.number("program_id")
    check_fields(values, StampOrder)
    order = msgspec.convert(values, StampOrder)
    await visit.runtime.counter.give_stamp(visit.caller(form.key), customer, order)
    return "stamped"


async def _redeem(visit: DeskVisit, form: SentForm, customer: int) -> str:
    values = {"reward_id": form.number("reward_id")}
    check_fields(values, RedeemOrder)
    order = msgspec.convert(values, RedeemOrder)
    await visit.runtime.counter.redeem(visit.caller(form.key), customer, order)
    return "redeemed"


async def _change(visit: DeskVisit, form: SentForm, customer: int) -> str:
    """Only what differs from the values that the form was made with: what somebody else changed meanwhile stays."""
    values = {name: _value(form, name) for name in PROFILE if form.text(name) != form.text(f"was_{name}")}
    if not values:
        return "nothing"
    check_fields(values, ProfileChange)
    change = msgspec.convert(values, ProfileChange)
    await visit.runtime.counter.change_profile(visit.caller(form.key), customer, change)
    return "saved"


def _value(form: SentForm, name: str) -> object:
    return form.text(name) if name == "name" else form.text(name) or None


async def _opt_out(visit: DeskVisit, form: SentForm, customer: int) -> str:
    await visit.runtime.counter.change_profile(visit.caller(form.key), customer, ProfileChange(opted_out=True))
    return "saved"


async def _erase(visit: DeskVisit, form: SentForm, customer: int) -> str:
    if form.text("sure") != "yes":
        raise InvalidRequest.field("sure", "must be ticked")
    await visit.runtime.counter.erase(visit.caller(form.key), customer)
    return "erased"


async def refused_card(visit: DeskVisit, customer: int, refusal: LoyaltyError) -> Template:
    """The card, and what was refused of it. Raises CustomerNotFound."""
    return await _card(visit, customer, refusal=refusal)


async def _card(
    visit: DeskVisit, customer: int, *, form: SentForm | None = None, refusal: LoyaltyError | None = None
) -> Template:
    shop, now, search = visit.shop, visit.now, LedgerSearch(customer=customer)
    details, deeds = await visit.runtime.database.read(
        lambda c: (
            show_customer(c, shop, customer, now=now),
            list_deeds(c, shop, search, wanted=PageRequest(limit=LINES)),
        )
    )
    names = await names_of(visit)
    merged = await visit.runtime.database.read(lambda c: separable_from(c, shop.id, details.id, most=MOST_MERGED))
    context: dict[str, object] = {
        "customer": details,
        "profile": _profile(details, form),
        "was": _profile(details, None),
        "lines": ledger_lines(visit, deeds.data, names),
        "names": names,
        "referrer": await visit.runtime.database.read(lambda c: with_ids(c, shop.id, [details.referred_by or 0])),
        "merged": [(one, one.merged_at + timedelta(days=UNMERGE_DAYS)) for one in merged],
        "chosen": form.text("program_id") if form else "",
    }
    faults = field_faults(visit.words, refusal) if refusal else {}
    if "sure" in faults:
        faults["sure"] = visit.words.plain(SURE)
    page = SectionPage(
        template="customer.html",
        title=visit.words.plain("{name}", name=details.name),
        context=context,
        faults=faults,
        wrong=sentence_of(visit.words, refusal, now) if refusal else "",
        status=STATUS[type(refusal)] if refusal else 200,
    )
    return shown(visit, page)


def _profile(details: CustomerDetails, form: SentForm | None) -> dict[str, str]:
    """The fields of the profile as a form shows them: what was typed stays when it was refused."""
    kept = {name: getattr(details, name) for name in PROFILE}
    known = {name: "" if value is None else str(value) for name, value in kept.items()}
    typed = form.fields if form is not None else {}
    return {name: typed.get(name, value) for name, value in known.items()}


HANDLERS = [show_card, give_stamps, hand_out, change_profile, write_no_more, erase]
