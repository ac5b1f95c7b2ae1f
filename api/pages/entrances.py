"""Entrances: the addresses at which the pages of a bot begin.

A page is the same for everybody; its script asks for what its person may see.
"""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from litestar.response.base import ASGIResponse

from api.messages import AppRequest, data_response, runtime_of
from api.pages.identity import bot_of
from api.pages.page_words import PageName
from api.pages.security import FramedBy
from api.pages.shell import WebPage, page_response, words_for_request
from api.parsing import ID_TEXT
from loyalty_app.customers.rotating_codes import own_codes
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_core.errors import CustomerNotFound
from loyalty_core.fields import BusinessId


@get("/{bot:str}/scan")
async def show_scan(request: AppRequest, bot: FromPath[str]) -> Template:
    """The scanner, for staff. Raises UnknownBot."""
    bot_id, words = await bot_of(request, bot), words_for_request(request, PageName.SCAN)
    title = words.plain("Scanner")
    return page_response(
        request,
        WebPage(
            name=PageName.SCAN,
            title=title,
            bot_id=bot_id,
            framed_by=FramedBy.TELEGRAM,
        ),
    )


@get("/{bot:str}/card")
async def show_card(request: AppRequest, bot: FromPath[str]) -> Template:
    """A customer's card, full screen. Raises UnknownBot."""
    bot_id, words = await bot_of(request, bot), words_for_request(request, PageName.CARD)
    title = words.plain("Your card")
    return page_response(
        request,
        WebPage(
            name=PageName.CARD,
            title=title,
            bot_id=bot_id,
            framed_by=FramedBy.TELEGRAM,
        ),
    )


@get("/{bot:str}/api/codes/{business:str}")
async def show_codes(request: AppRequest, business: FromPath[str], person: NamedDependency[PagePerson]) -> ASGIResponse:
    """What the card of this person in a shop shows now and in the next minutes, a `CodesToShow`.

    Raises UnknownBot, SessionEnded, CustomerNotFound.
    """
    if not ID_TEXT.fullmatch(business):
        raise CustomerNotFound
    runtime, shop = runtime_of(request), BusinessId(int(business))
    now = runtime.clock()
    shown = await runtime.database.read(
        lambda connection: own_codes(connection, runtime.vault, shop, (person.bot_id, person.user_id), now=now)
    )
    return data_response(shown, headers={"Cache-Control": "no-store"})


HANDLERS = [show_scan, show_card, show_codes]
