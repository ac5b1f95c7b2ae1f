"""Program: the terms in one form, each with what a change means for cards in progress. For owners, as in the chat.

Below them stands whether people may join without Telegram.
"""

from datetime import datetime

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template

from api.messages import AppRequest
from api.pages.desk.forms import SentForm, check_fields, field_faults, read_form, sentence_of
from api.pages.desk.frame import DeskVisit, SectionPage, done, shown, visit_of
from api.pages.desk.program_fields import FIELDS, MINUTE
from api.pages.desk.sections import PROGRAM
from api.pages.security import own_address
from api.problems import STATUS
from loyalty_app.chat.card_queue import repaint
from loyalty_app.shops.businesses import BusinessChange, change_business
from loyalty_app.shops.programs import change_program, read_program
from loyalty_core.errors import InvalidRequest, LoyaltyError
from loyalty_core.programs import ProgramChange, Terms


@get("/{shop:str}/program")
async def show_program(request: AppRequest) -> Template:
    """The terms in force. Raises what `visit_of` raises."""
    return await _page(await visit_of(request, PROGRAM))


@post("/{shop:str}/program", status_code=200)
async def change_terms(request: AppRequest) -> Redirect | Template:
    """Change the terms; what is wrong is said beside its field. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, PROGRAM), await read_form(request)
    try:
        said = await _change(visit, form, visit.runtime.clock())
    except LoyaltyError as refusal:
        return await _page(visit, form=form, refusal=refusal)
    return done(visit, "program", said)


@post("/{shop:str}/joining", status_code=200)
async def change_joining(request: AppRequest) -> Redirect | Template:
    """Let people join on the shop's page, or stop that. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, PROGRAM), await read_form(request)
    database, shop, owner = visit.runtime.database, visit.shop.id, visit.position.staff_id
    try:
        _ = form.key
        change = BusinessChange(join_by_page=_yes_or_no(form.text("by_page")))
        await change_business(database, shop, change, now=visit.runtime.clock(), repaint=repaint, by=owner)
    except LoyaltyError as refusal:
        return await _page(visit, refusal=refusal)
    return done(visit, "program", "saved")


def _yes_or_no(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise InvalidRequest.field("by_page", "must be yes or no")
    return text == "yes"


async def _change(visit: DeskVisit, form: SentForm, now: datetime) -> str:
    """Only what differs from the values that the form was made with: what somebody else changed meanwhile stays."""
    _ = form.key  # it must be there; the same change, made twice, is made once
    values = {name: _value(form, name) for name in FIELDS if form.text(name) != form.text(f"was_{name}")}
    if not values:
        return "nothing"
    check_fields(values, ProgramChange)
    change, database, owner = msgspec.convert(values, ProgramChange), visit.runtime.database, visit.position.staff_id
    await change_program(database, visit.shop.id, change, now=now, repaint=repaint, by=owner)
    return "saved"


def _value(form: SentForm, name: str) -> object:
    if FIELDS[name].kind != "number":
        return form.text(name)
    number = form.number(name)
    if name == "cooldown_seconds" and isinstance(number, int):
        return number * MINUTE
    return "" if name == "cooldown_seconds" and number is None else number


async def _page(visit: DeskVisit, *, form: SentForm | None = None, refusal: LoyaltyError | None = None) -> Template:
    shop = visit.shop
    program = await visit.runtime.database.read(lambda c: read_program(c, shop.id))
    was = _texts(program.terms)
    typed = {name: form.text(name) for name in FIELDS if name in form.fields} if form else {}
    context: dict[str, object] = {
        "fields": FIELDS,
        "was": was,
        "values": {**was, **typed},
        "terms": program.terms,
        "joining": f"{own_address(visit.request)}/join/{shop.slug}",
    }
    page = SectionPage(
        template="program.html",
        context=context,
        faults=field_faults(visit.words, refusal) if refusal else {},
        wrong=sentence_of(visit.words, refusal, visit.now) if refusal else "",
        status=STATUS[type(refusal)] if refusal else 200,
    )
    return shown(visit, page)


def _texts(terms: Terms) -> dict[str, str]:
    """The terms as a form shows them: waiting in minutes, and no limit as an empty field."""
    minutes = f"{terms.cooldown_seconds / MINUTE:.4f}".rstrip("0").rstrip(".")
    plain = {name: getattr(terms, name) for name in FIELDS}
    return {name: "" if value is None else str(value) for name, value in plain.items()} | {"cooldown_seconds": minutes}


HANDLERS = [show_program, change_terms, change_joining]
