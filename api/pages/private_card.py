"""The private card: a customer's card at its long address, for people without Telegram.

Anyone who has the address has the card. The page is complete without a script; the script keeps it up to date.
"""

from litestar import Router, get, post
from litestar.params import FromPath
from litestar.response import Stream, Template
from litestar.response.base import ASGIResponse

from api.messages import AppRequest, data_response, encode, runtime_of
from api.pages.answers import EXCEPTION_HANDLERS
from api.pages.card_rights import data_file, erased
from api.pages.card_view import card_context, card_part, colour_of, page_of_card, picture_name
from api.pages.install import ICON_SIZES, icon_png, look_css, manifest
from api.pages.live import live_card
from api.pages.page_words import PageName
from api.pages.refusals import CardLinkEnded, CardLinkUnknown
from api.pages.security import same_site
from api.pages.shell import WebPage, page_response, words_for_request
from loyalty_app.card_pages.links import CardId, follow_link
from loyalty_app.customers.card_page import CardPage, read_join_page
from loyalty_app.pictures.render_thread import drawn
from loyalty_core.errors import CustomerNotFound


async def card_of_link(request: AppRequest, secret: str) -> CardId:
    """The card that a link leads to. Raises CardLinkUnknown, CardLinkEnded."""
    found = await follow_link(runtime_of(request).database, secret)
    if found is None:
        raise CardLinkUnknown
    if found.revoked:
        raise CardLinkEnded
    return found.card


async def _page(request: AppRequest, secret: str) -> CardPage:
    try:
        return await page_of_card(request, await card_of_link(request, secret))
    except CustomerNotFound:  # erased just now
        raise CardLinkUnknown from None


@get("/{secret:str}")
async def show_private_card(request: AppRequest, secret: FromPath[str]) -> Template:
    """The page of a card. Raises CardLinkUnknown, CardLinkEnded."""
    card, words = await _page(request, secret), words_for_request(request, PageName.CARD)
    here = f"/c/{secret}"
    page = WebPage(
        name=PageName.CARD,
        title=words.plain("Your card at {shop}", shop=card.business.name),
        bot_id=None,
        data={"here": here, "version": card.customer.version},
        context={
            **card_context(card, words, runtime_of(request).clock()),
            "here": here,
            "look": colour_of(card),
            "chosen": True,
        },
    )
    return page_response(request, page)


@get("/{secret:str}/api/part")
async def show_private_part(request: AppRequest, secret: FromPath[str]) -> ASGIResponse:
    """The part of the page that shows the card, for the script. Raises CardLinkUnknown, CardLinkEnded."""
    return await card_part(request, await card_of_link(request, secret))


@get("/{secret:str}/api/live")
async def watch_private_card(request: AppRequest, secret: FromPath[str]) -> Stream:
    """The stream of events of the card. Raises CardLinkUnknown, CardLinkEnded, Busy."""
    return await live_card(request, await card_of_link(request, secret))


@get("/{secret:str}/api/codes")
async def show_private_codes(request: AppRequest, secret: FromPath[str]) -> ASGIResponse:
    """The codes that the card shows now and in the next minutes. Raises CardLinkUnknown, CardLinkEnded."""
    page = await _page(request, secret)
    return data_response(page.codes)


@get("/{secret:str}/my-data.json")
async def own_data(request: AppRequest, secret: FromPath[str]) -> ASGIResponse:
    """What the shop stores about the person, as a file to keep. Raises CardLinkUnknown, CardLinkEnded."""
    return await data_file(request, await card_of_link(request, secret))


@get("/{secret:str}/erase")
async def ask_to_erase(request: AppRequest, secret: FromPath[str]) -> Template:
    """Ask for confirmation, and say what is deleted and what stays. Raises CardLinkUnknown, CardLinkEnded."""
    card, words = await _page(request, secret), words_for_request(request, PageName.CARD)
    page = WebPage(
        name=PageName.CARD,
        title=words.plain("Delete your card at {shop}?", shop=card.business.name),
        bot_id=None,
        template="card_erase.html",
        context={"here": f"/c/{secret}", "waiting": len(card.rewards)},
    )
    return page_response(request, page)


@post("/{secret:str}/erase", status_code=200)
async def erase_card(request: AppRequest, secret: FromPath[str]) -> Template:
    """Delete the customer, whose link ends with that. Raises CardLinkUnknown, CardLinkEnded."""
    card, words = await _page(request, secret), words_for_request(request, PageName.CARD)
    said = await erased(request, card, words)
    context = {"says": said.says, "then": said.then}
    return page_response(
        request, WebPage(name=PageName.CARD, title=said.says, bot_id=None, template="refusal.html", context=context)
    )


@get("/{secret:str}/card.webmanifest")
async def show_manifest(request: AppRequest, secret: FromPath[str]) -> ASGIResponse:
    """What a phone needs to put the card onto its home screen. Raises CardLinkUnknown, CardLinkEnded."""
    card = await _page(request, secret)
    body = encode(manifest(card.business.name, f"/c/{secret}", colour_of(card)))
    return ASGIResponse(body=body, media_type="application/manifest+json")


@get("/look/{rgb:str}")
async def show_look(rgb: FromPath[str]) -> ASGIResponse:
    """The colours of a shop as a style, by `<six digits>.css`; the usual ones for anything else."""
    return ASGIResponse(
        body=look_css(rgb.removesuffix(".css")).encode(),
        media_type="text/css",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


@get("/icon/{rgb:str}/{size:int}")
async def show_icon(rgb: FromPath[str], size: FromPath[int]) -> ASGIResponse:
    """The icon of a card in the colour of its shop. Raises CardLinkUnknown for a size that there is not."""
    if size not in ICON_SIZES:
        raise CardLinkUnknown
    png = await drawn(lambda _: icon_png(rgb, size), None)
    return ASGIResponse(
        body=png, media_type="image/png", headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


@get("/stamp/{slug:str}/{name:str}")
async def show_stamp(request: AppRequest, slug: FromPath[str], name: FromPath[str]) -> ASGIResponse:
    """The picture of a shop's stamps.

    Raises CardLinkUnknown if it has another one by now, or none; ShopMoved, ShopClosed.
    """
    shop = await runtime_of(request).database.read(lambda connection: read_join_page(connection, slug))
    picture = shop.look.stamp_picture if shop else None
    if picture is None or picture_name(picture) != name:
        raise CardLinkUnknown
    return ASGIResponse(
        body=picture, media_type="image/png", headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


PRIVATE_CARDS = Router(
    "/c",
    route_handlers=[
        show_private_card,
        show_private_part,
        watch_private_card,
        show_private_codes,
        own_data,
        ask_to_erase,
        erase_card,
        show_manifest,
        show_look,
        show_icon,
        show_stamp,
    ],
    guards=[same_site],
    exception_handlers=EXCEPTION_HANDLERS,
    include_in_schema=False,
)
