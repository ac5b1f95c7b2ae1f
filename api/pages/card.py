"""The card in Telegram: what the script of its page asks for.

A person sees the cards that hang in their chat with the bot of the page. At its private address a card is in
`private_card`.
"""

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from litestar.response.base import ASGIResponse

from api.messages import AppRequest, encode, runtime_of
from api.pages.card_view import card_part, colour_of, page_of_card, progress
from api.pages.live import live_card
from api.pages.page_words import PageName
from api.pages.shell import words_for_request
from loyalty_app.card_pages.links import CardId
from loyalty_app.customers.card_page import cards_in_chat
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_core.errors import CustomerNotFound, ShopClosed, ShopMoved


class OwnCardLine(msgspec.Struct, frozen=True):
    """One of a person's cards: its shop by id and name, and how far it is."""

    shop: int
    name: str
    says: str


async def _cards(request: AppRequest, person: PagePerson) -> list[CardId]:
    return await cards_in_chat(runtime_of(request).database, person.bot_id, person.user_id)


async def own_card_at(request: AppRequest, person: PagePerson, shop: int) -> CardId:
    """The card of a shop that the person holds in their chat. Raises CustomerNotFound."""
    for card in await _cards(request, person):
        if card.business_id == shop:
            return card
    raise CustomerNotFound


@get("/{bot:str}/api/cards")
async def list_own_cards(request: AppRequest, person: NamedDependency[PagePerson]) -> ASGIResponse:
    """The person's cards, the oldest first. Raises SessionEnded, ShopMoved, ShopClosed."""
    words, lines, gone = words_for_request(request, PageName.CARD), [], None
    for card in await _cards(request, person):
        try:
            page = await page_of_card(request, card)
        except CustomerNotFound:  # erased; the card worker takes it out of the chat
            continue
        except (ShopMoved, ShopClosed) as refusal:
            gone = refusal
            continue
        lines.append(OwnCardLine(page.business.id, page.business.name, progress(page, words)))
    if gone is not None and not lines:
        raise gone
    return ASGIResponse(body=b'{"data":%b}' % encode(lines))


@get("/{bot:str}/api/cards/{shop:int}/part")
async def show_own_part(request: AppRequest, person: NamedDependency[PagePerson], shop: FromPath[int]) -> ASGIResponse:
    """The part of the page that shows one card. Raises SessionEnded, CustomerNotFound."""
    return await card_part(request, await own_card_at(request, person, shop))


@get("/{bot:str}/api/cards/{shop:int}/look")
async def show_own_look(request: AppRequest, person: NamedDependency[PagePerson], shop: FromPath[int]) -> ASGIResponse:
    """Where the style with the shop's colours is. Raises SessionEnded, CustomerNotFound."""
    page = await page_of_card(request, await own_card_at(request, person, shop))
    return ASGIResponse(body=encode({"data": {"style": f"/c/look/{colour_of(page)}.css"}}))


@get("/{bot:str}/api/cards/{shop:int}/live")
async def watch_own_card(request: AppRequest, person: NamedDependency[PagePerson], shop: FromPath[int]) -> Stream:
    """The stream of events of one card. Raises SessionEnded, CustomerNotFound, Busy."""
    return await live_card(request, await own_card_at(request, person, shop))


HANDLERS = [list_own_cards, show_own_part, show_own_look, watch_own_card]
