"""Gifts: what the shop gives for an occasion, each in a form of its own, off until an owner switches it on.

They are part of the terms of the main program, and a change of one leaves all else as it is. How their inputs are
filled and read is in `gift_fields`.
"""

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template

from api.messages import AppRequest
from api.pages.desk.forms import SentForm, check_fields, read_form, refused_page
from api.pages.desk.frame import DeskVisit, SectionPage, done, shown, visit_of
from api.pages.desk.gift_fields import GIFT_FIELDS, KINDS, GiftField
from api.pages.desk.sections import GIFTS
from api.pages.refusals import UnknownPage
from loyalty_app.chat.card_queue import repaint
from loyalty_app.shops.programs import change_program, read_program
from loyalty_core.errors import LoyaltyError
from loyalty_core.programs import Program, ProgramChange


@get("/{shop:str}/gifts")
async def show_gifts(request: AppRequest) -> Template:
    """What is given. Raises what `visit_of` raises."""
    return await _page(await visit_of(request, GIFTS))


@post("/{shop:str}/gifts/{gift:str}", status_code=200)
async def change_gift(request: AppRequest) -> Redirect | Template:
    """Change what is given for an occasion; what is wrong is said beside it. Raises what `visit_of` raises."""
    visit, name = await visit_of(request, GIFTS), str(request.path_params["gift"])
    form, field, fits = await read_form(request), GIFT_FIELDS.get(name), False
    if field is None:
        raise UnknownPage
    try:
        _ = form.key  # it must be there; the same change, made twice, is made once
        change = _sent_change(form, name, field)
        fits = True
        await _save(visit, change)
    except LoyaltyError as refusal:
        wrong = field.rule if fits else field.wrong.get(form.text(name), field.wrong[""])
        return await _page(visit, form=form, refusal=refusal, sentences={name: wrong})
    return done(visit, "gifts", "saved" if change != ProgramChange() else "nothing")


def _sent_change(form: SentForm, name: str, field: GiftField) -> ProgramChange:
    """The change of one gift; nothing if it is as the form was made. Raises InvalidRequest."""
    gift = field.read(form)
    if _kept(gift) == form.text("was"):
        return ProgramChange()
    check_fields({name: gift}, ProgramChange)
    return msgspec.convert({name: gift}, ProgramChange)


async def _save(visit: DeskVisit, change: ProgramChange) -> None:
    database, now, owner = visit.runtime.database, visit.runtime.clock(), visit.position.staff_id
    if change != ProgramChange():
        await change_program(database, visit.shop.id, change, now=now, repaint=repaint, by=owner)


def _kept(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def _page(
    visit: DeskVisit,
    *,
    form: SentForm | None = None,
    refusal: LoyaltyError | None = None,
    sentences: dict[str, str] | None = None,
) -> Template:
    """All gifts; after a refusal of one with what was typed there."""
    shop = visit.shop.id
    program = await visit.runtime.database.read(lambda connection: read_program(connection, shop))
    refused = next(iter(sentences or {}), "")
    kept = {name: dict(field.texts(program.terms)) for name, field in GIFT_FIELDS.items()}
    was = {name: _kept(msgspec.to_builtins(getattr(program.terms, name))) for name in GIFT_FIELDS}
    if form is not None:
        kept[refused], was[refused] = form.fields, form.text("was")
    context: dict[str, object] = {
        "gifts": GIFT_FIELDS,
        "kinds": KINDS,
        "values": kept,
        "was": was,
        "main": _main_title(program),
        "goal": program.terms.stamps_required,
    }
    page = SectionPage(template="gifts.html", context=context)
    return shown(visit, refused_page(visit, page, refusal, sentences=sentences or {}))


def _main_title(program: Program) -> str:
    """What the program is called from which gifts come; empty if there is only one."""
    return (program.title or program.name) if program.others else ""


HANDLERS = [show_gifts, change_gift]
