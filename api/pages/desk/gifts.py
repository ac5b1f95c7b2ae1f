"""Gifts: what the shop gives for an occasion, each in a form of its own, off until an owner switches it on.

They are part of the terms of the main program, and a change of one leaves everything else as it is. What goes to many
is shown first: how many it goes to, and how it looks. How inputs are filled and read is in `gift_fields`.
"""

from litestar import get, post
from litestar.response import Redirect, Template

from api.messages import AppRequest
from api.pages.desk.forms import SentForm, read_form, refused_page
from api.pages.desk.frame import DeskVisit, SectionPage, done, shown, visit_of
from api.pages.desk.gift_fields import (
    GIFT_FIELDS,
    INPUTS,
    gift_sentences,
    gift_texts,
    kept_text,
    sent_change,
)
from api.pages.desk.sections import GIFTS
from api.pages.refusals import UnknownPage
from loyalty_app.chat.card_queue import repaint
from loyalty_app.customers.absent import count_absent
from loyalty_app.customers.gift_texts import win_back_text
from loyalty_app.shops.programs import change_program, read_program
from loyalty_core.errors import LoyaltyError
from loyalty_core.gifts import WinBack
from loyalty_core.programs import Program, ProgramChange, changed


@get("/{shop:str}/gifts")
async def show_gifts(request: AppRequest) -> Template:
    """What is given. Raises what `visit_of` raises."""
    return await _page(await visit_of(request, GIFTS))


@post("/{shop:str}/gifts/{gift:str}", status_code=200)
async def change_gift(request: AppRequest) -> Redirect | Template:
    """Change what is given for an occasion; what is wrong is said beside it. Raises what `visit_of` raises."""
    visit, name, fits = await visit_of(request, GIFTS), str(request.path_params["gift"]), False
    form = await read_form(request)
    if name not in GIFT_FIELDS:
        raise UnknownPage
    try:
        _ = form.key  # it must be there; the same change, made twice, is made once
        change = sent_change(name, form)
        fits = True
        if isinstance(change.win_back, WinBack) and form.text("seen") != "yes":
            return await _preview(visit, form, change.win_back)
        await _save(visit, change)
    except LoyaltyError as refusal:
        return await _page(visit, name=name, form=form, refusal=refusal, fits=fits)
    return done(visit, "gifts", "saved" if change != ProgramChange() else "nothing")


async def _save(visit: DeskVisit, change: ProgramChange) -> None:
    database, now, owner = visit.runtime.database, visit.runtime.clock(), visit.position.staff_id
    if change != ProgramChange():
        await change_program(database, visit.shop.id, change, now=now, repaint=repaint, by=owner)


async def _main(visit: DeskVisit) -> Program:
    shop = visit.shop.id
    return await visit.runtime.database.read(lambda connection: read_program(connection, shop))


async def _preview(visit: DeskVisit, form: SentForm, gift: WinBack) -> Template:
    """To how many it goes now, and how it looks; the form is sent again from there. Raises InvalidRequest."""
    changed(await _main(visit), ProgramChange(win_back=gift), visit.now)
    words, shop = visit.words, visit.shop
    context: dict[str, object] = {
        "count": await count_absent(visit.runtime.database, shop, gift.after_days, now=visit.now),
        "message": win_back_text(gift, shop, words, visit.now),
        "fields": {name: text for name, text in form.fields.items() if name not in {"seen", "key"}},
        "after_days": gift.after_days,
    }
    title = words.plain("Switch on: to whom, and how it looks")
    return shown(visit, SectionPage(template="gift_preview.html", title=title, context=context))


async def _page(
    visit: DeskVisit,
    *,
    name: str = "",
    form: SentForm | None = None,
    refusal: LoyaltyError | None = None,
    fits: bool = False,
) -> Template:
    """All gifts; after a refusal of one with what was typed there."""
    program = await _main(visit)
    values = {one: gift_texts(one, program.terms) for one in GIFT_FIELDS}
    was = {one: kept_text(one, program.terms) for one in GIFT_FIELDS}
    if form is not None:
        values[name], was[name] = form.fields, form.text("was")
    context: dict[str, object] = {
        "gifts": GIFT_FIELDS,
        "inputs": INPUTS,
        "values": values,
        "was": was,
        "main": (program.title or program.name) if program.others else "",
    }
    page, sentences = (
        SectionPage(template="gifts.html", context=context),
        gift_sentences(name, fits=fits) if name else {},
    )
    return shown(visit, refused_page(visit, page, refusal, sentences=sentences))


HANDLERS = [show_gifts, change_gift]
