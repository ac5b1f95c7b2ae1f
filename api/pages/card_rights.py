"""One's own data on the page of a card, in Telegram and at a private address: a copy to take along, and deletion."""

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from api.messages import AppRequest, data_response, encode, runtime_of
from api.pages.card import own_card_at
from api.pages.card_view import page_of_card
from api.pages.page_words import PageName
from api.pages.shell import words_for_request
from loyalty_app.card_pages.links import CardId
from loyalty_app.counter import Caller
from loyalty_app.customers.card_page import CardPage
from loyalty_app.customers.personal_data import show_data
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_app.words import Words
from loyalty_core.ledger import Actor, ActorType

FILE = "my-data.json"


class CardDeletion(msgspec.Struct, frozen=True):
    """What is said once a card is deleted: what happened, and what stays."""

    says: str
    then: str


async def data_file(request: AppRequest, card: CardId) -> ASGIResponse:
    """What a shop stores about a customer, as a file. Raises CustomerNotFound."""
    runtime = runtime_of(request)
    stored = await show_data(runtime.database, card.business_id, card.customer_id, now=runtime.clock())
    headers = {"Content-Disposition": f'attachment; filename="{FILE}"', "Cache-Control": "no-store"}
    return ASGIResponse(body=msgspec.json.format(encode(stored), indent=2), headers=headers)


async def erased(request: AppRequest, card: CardPage, words: Words) -> CardDeletion:
    """Delete a customer on their own wish. Raises CustomerNotFound if that is done already."""
    caller = Caller(business=card.business, actor=Actor(ActorType.CUSTOMER, card.customer.id))
    await runtime_of(request).counter.erase(caller, card.customer.id)
    return CardDeletion(
        says=words.plain("Your card at {shop} is deleted.", shop=card.business.name),
        then=words.plain("Only figures stay there, and they say nothing about you."),
    )


@get("/{bot:str}/api/cards/{shop:int}/my-data")
async def copy_own_data(request: AppRequest, person: NamedDependency[PagePerson], shop: FromPath[int]) -> ASGIResponse:
    """What the shop stores about the person, as a file to keep. Raises SessionEnded, CustomerNotFound."""
    return await data_file(request, await own_card_at(request, person, shop))


@post("/{bot:str}/api/cards/{shop:int}/erase", status_code=200)
async def erase_own_card(request: AppRequest, person: NamedDependency[PagePerson], shop: FromPath[int]) -> ASGIResponse:
    """Delete the customer, as in the chat; the card worker takes the card out of it.

    Raises SessionEnded, CustomerNotFound.
    """
    page = await page_of_card(request, await own_card_at(request, person, shop))
    says = await erased(request, page, words_for_request(request, PageName.CARD))
    return data_response(says)


HANDLERS = [copy_own_data, erase_own_card]
