"""Look: colour, logo, the stamps' sign, opening hours and address, with a card that shows it before it is saved.

And posters to print. A form only changes what was touched in it; a file counts when it was chosen.
"""

from functools import partial

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template
from litestar.response.base import ASGIResponse

from api.messages import AppRequest
from api.pages.card_view import inline_picture
from api.pages.desk.forms import SentForm, field_faults, read_form, sentence_of
from api.pages.desk.frame import DeskVisit, SectionPage, done, shown, visit_of
from api.pages.desk.sections import LOOK
from api.pages.refusals import UnknownPage
from api.problems import STATUS
from loyalty_app.chat.card_queue import repaint
from loyalty_app.customers.card_pictures import render_card, sample_card
from loyalty_app.pictures.card import BROWN
from loyalty_app.pictures.marks import logo_png, stamp_png
from loyalty_app.pictures.paper import NotALogo
from loyalty_app.pictures.render_thread import drawn, printed
from loyalty_app.pictures.sheets import PrintSheet, render_sheet
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.links import join_link, join_page
from loyalty_app.shops.look_texts import COLOURS, HOW_TO_PRINT, poster_of
from loyalty_app.shops.looks import LookChange, ShopLook, change_look, checked_look, read_look
from loyalty_app.shops.programs import read_program
from loyalty_app.words import N_
from loyalty_core.errors import InvalidRequest, LoyaltyError

LARGEST_PICTURE = 5 * 2**20
LARGEST_FORM = 4 * LARGEST_PICTURE
"""Two pictures and texts: a picture that is a little too large is told so beside its field."""
TEXTS = ("stamp_sign", "opening_hours", "address")
PICTURES = {"logo": logo_png, "stamp_picture": stamp_png}
OWN = "own"
"""What stands for a colour that is none of ours."""
SHEETS = {
    PrintSheet.A5: "A5",
    PrintSheet.A4: "A4",
    PrintSheet.TENT: N_("Table tent"),
    PrintSheet.STICKERS: N_("Stickers"),
}
KINDS = {"pdf": "application/pdf", "png": "image/png"}


@get("/{shop:str}/look")
async def show_look(request: AppRequest) -> Template:
    """The look of the shop. Raises what `visit_of` raises."""
    return await _page(await visit_of(request, LOOK))


@post("/{shop:str}/look", status_code=200, request_max_body_size=LARGEST_FORM)
async def save_look(request: AppRequest) -> Redirect | Template:
    """Save what was changed; what is wrong is said beside its field. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, LOOK), await read_form(request, largest_file=LARGEST_PICTURE)
    try:
        said = await _save(visit, form)
    except LoyaltyError as refusal:
        return await _page(visit, form=form, refusal=refusal)
    return done(visit, "look", said)


@post("/{shop:str}/look/try", status_code=200, request_max_body_size=LARGEST_FORM)
async def try_look(request: AppRequest) -> Template:
    """Show a card as it would look; nothing is changed. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, LOOK), await read_form(request, largest_file=LARGEST_PICTURE)
    try:
        asked = checked_look(await _change_of(form))
    except LoyaltyError as refusal:
        return await _page(visit, form=form, refusal=refusal)
    return await _page(visit, form=form, tried=asked)


@get("/{shop:str}/look/poster/{file:str}")
async def download_poster(request: AppRequest) -> ASGIResponse:
    """A poster as a file to print, as a4.pdf. Raises what `visit_of` raises, UnknownPage."""
    visit = await visit_of(request, LOOK)
    name, _, kind = str(request.path_params["file"]).rpartition(".")
    shop, public = visit.shop, visit.runtime.settings.public_url
    program, look, link = await visit.runtime.database.read(
        lambda c: (read_program(c, shop.id), read_look(c, shop), join_link(c, shop))
    )
    if name not in set(PrintSheet) or kind not in KINDS or link is None:
        raise UnknownPage
    poster = poster_of(visit.words, shop, look, program, link=link, page=join_page(public, shop))
    sheet = await printed(partial(render_sheet, PrintSheet(name), poster, png=kind == "png"))
    headers = {"Content-Disposition": f'attachment; filename="{shop.slug}-{name}.{kind}"', "Cache-Control": "no-store"}
    return ASGIResponse(body=sheet, media_type=KINDS[kind], headers=headers)


async def _save(visit: DeskVisit, form: SentForm) -> str:
    _ = form.key  # it must be there; the same change, made twice, is made once
    change = await _change_of(form)
    if change == LookChange():
        return "nothing"
    database, staff, now = visit.runtime.database, visit.position.staff_id, visit.runtime.clock()
    await change_look(database, visit.shop.id, change, now=now, repaint=repaint, by=staff)
    return "saved"


async def _change_of(form: SentForm) -> LookChange:
    """What differs from the values that the form was made with. Raises InvalidRequest."""
    values: dict[str, object] = {
        name: form.text(name) or None for name in TEXTS if form.text(name) != form.text(f"was_{name}")
    }
    colour = form.text("own_color") if form.text("card_color") == OWN else form.text("card_color")
    if colour.upper() != form.text("was_card_color").upper():
        values["card_color"] = colour
    if values.get("stamp_sign"):
        values["stamp_picture"] = None
    for name in PICTURES:
        if name in form.files:
            values[name] = await _picture(name, form.files[name].content)
        elif form.text(f"no_{name}") == "yes":
            values[name] = None
    return msgspec.convert(values, LookChange)


async def _picture(name: str, content: bytes) -> bytes:
    """A chosen picture as it is kept. It is opened where sheets are drawn: one at a time, and no card waits for it."""
    if len(content) > LARGEST_PICTURE:
        raise InvalidRequest.field(name, "must have at most 5 MB")
    try:
        return await printed(partial(PICTURES[name], content))
    except NotALogo as error:
        raise InvalidRequest.field(name, str(error)) from error


async def _page(
    visit: DeskVisit,
    *,
    form: SentForm | None = None,
    tried: dict[str, str | bytes | None] | None = None,
    refusal: LoyaltyError | None = None,
) -> Template:
    shop, tried = visit.shop, dict(tried or {})
    look, serves = await visit.runtime.database.read(lambda c: (read_look(c, shop), join_link(c, shop) is not None))
    colour = str(tried.pop("card_color", shop.card_color or BROWN))
    seen, name = msgspec.structs.replace(look, **tried), visit.position.name
    was = {name: getattr(look, name) or "" for name in TEXTS} | {"card_color": shop.card_color or BROWN}
    typed = (
        {name: form.text(name) for name in (*TEXTS, "card_color", "own_color") if name in form.fields} if form else {}
    )
    context: dict[str, object] = {
        "colours": COLOURS,
        "was": was,
        "values": {**was, "own_color": was["card_color"], **typed},
        "look": look,
        "logo": inline_picture("png", look.logo),
        "stamp_picture": inline_picture("png", look.stamp_picture),
        "preview": await _preview(visit, msgspec.structs.replace(shop, card_color=colour), seen, name),
        "unsaved": form is not None,
        "sheets": SHEETS if serves else {},
        "how_to_print": HOW_TO_PRINT,
    }
    page = SectionPage(
        template="look.html",
        context=context,
        faults=field_faults(visit.words, refusal) if refusal else {},
        wrong=sentence_of(visit.words, refusal, visit.now) if refusal else "",
        status=STATUS[type(refusal)] if refusal else 200,
    )
    return shown(visit, page)


async def _preview(visit: DeskVisit, shop: Business, look: ShopLook, name: str) -> str:
    language = visit.words.code
    card = await visit.runtime.database.read(lambda c: sample_card(c, shop, look, name=name, language=language))
    return inline_picture("jpeg", await drawn(render_card, card))


HANDLERS = [show_look, save_look, try_look, download_poster]
