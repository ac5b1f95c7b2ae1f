"""The way in: the shops of a person, and what is shown to those who are not signed in or may not be here.

A person who is not signed in gets the frame of the page: in Telegram its script signs in and fetches the desk.
"""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template
from litestar.types import ExceptionHandlersMap

from api.messages import AppRequest, runtime_of
from api.pages.answers import local_now
from api.pages.desk.forms import sentence_of
from api.pages.desk.frame import WORDS, desk_address, desk_words, shown_outside, signed_in
from api.pages.desk.sections import FIGURES
from api.pages.identity import bot_of, end_session_of, forgotten, person_or_none
from api.pages.passkeys import passkey_place
from api.pages.refusals import SessionEnded
from api.problems import STATUS
from loyalty_app.shops.workplaces import list_positions
from loyalty_app.words import Words
from loyalty_core.access import Role, reaches
from loyalty_core.errors import LoyaltyError
from loyalty_core.fields import BotId


@get("/")
async def show_shops(request: AppRequest) -> Template | Redirect:
    """The only shop, or the list of shops. Raises UnknownBot, SessionEnded."""
    person, runtime = await signed_in(request), runtime_of(request)
    found = await runtime.database.read(
        lambda c: list_positions(c, user_id=person.user_id, bot_id=person.bot_id),
    )
    shops = [position for position in found if reaches(position.role, Role.MANAGER)]
    language = request.query_params.get("lang")
    addresses = [desk_address(person.bot_id, f"/{one.business.id}/{FIGURES.path}", lang=language) for one in shops]
    if len(shops) == 1:
        return Redirect(addresses[0], status_code=303)
    words = desk_words(request, person)
    context: dict[str, object] = {"shops": list(zip(shops, addresses, strict=True)), "works": bool(found)}
    return shown_outside(request, words, template="shops.html", title=words.plain("Your shops"), context=context)


@post("/out", status_code=200)
async def sign_out(request: AppRequest) -> Template:
    """End the session of this browser. Raises UnknownBot."""
    bot_id = await bot_of(request, request.path_params["bot"])
    words = desk_words(request, await person_or_none(request, request.path_params["bot"]))
    await end_session_of(request, bot_id)
    page = shown_outside(request, words, template="signed_out.html", title=words.plain("You are signed out."))
    page.cookies = [forgotten(request, bot_id)]
    return page


def answer_closed(request: AppRequest, _ended: SessionEnded) -> Response[Any] | Template:
    """Show the page to somebody who is not signed in: Litestar's handler.

    Who brings a session that has ended is told so by the status. A window that has just been opened brings none, and
    its script signs in.
    """
    words = desk_words(request, None)
    title = words.plain("Your shop")
    brings = "authorization" in request.headers or request.scope["method"] != "GET"
    status = SessionEnded.status if brings else 200
    place = passkey_place(request, BotId(int(request.path_params["bot"])))
    context = {"passkeys": place is not None}
    return shown_outside(request, words, template="closed.html", title=title, context=context, status=status)


def answer_refused(request: AppRequest, refusal: LoyaltyError) -> Response[Any] | Template:
    """Show why somebody may not be here: Litestar's handler."""
    words: Words = request.scope["state"].get(WORDS) or desk_words(request, None)
    says = sentence_of(words, refusal, local_now(request))
    context = {"says": says, "home": desk_address(request.path_params["bot"])}
    status = STATUS[type(refusal)]
    return shown_outside(request, words, template="refused.html", title=says, context=context, status=status)


EXCEPTION_HANDLERS: ExceptionHandlersMap = {SessionEnded: answer_closed, LoyaltyError: answer_refused}
HANDLERS = [show_shops, sign_out]
