"""Joining without Telegram: the page that a shop's poster leads to asks for a name, and for a phone number if wanted.

A shop decides whether it has this page. A form that is sent again makes one card; a number that has a card never leads
to it. The page needs no script.
"""

import re
import secrets
from collections.abc import Mapping

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api.messages import AppRequest, runtime_of
from api.pages.answers import EXCEPTION_HANDLERS
from api.pages.page_words import PageName
from api.pages.refusals import ShopUnknown
from api.pages.security import own_address, same_site
from api.pages.shell import WebPage, page_response, words_for_request
from loyalty_app.card_pages.links import PATH, CardId, LinkMaker, link_of
from loyalty_app.counter import Caller
from loyalty_app.counter.orders import page_key
from loyalty_app.customers.card_page import JoinPage, read_join_page
from loyalty_app.pictures.card import BROWN
from loyalty_app.words import N_, Words
from loyalty_core.customers import Profile
from loyalty_core.errors import (
    CustomerExists,
    CustomerLimitReached,
    CustomerNotFound,
    IdempotencyKeyReused,
    InvalidRequest,
    LoyaltyError,
    ShopClosed,
    ShopMoved,
)
from loyalty_core.ledger import Actor, ActorType
from loyalty_core.programs import Terms

KEY = re.compile(r"[0-9A-Za-z_-]{16,64}")
LONGEST = 300
NOBODY = 0
"""There is no user of Telegram to this form."""
CLOSED, TOO_MANY = 403, 429

PHONE = N_("This phone number cannot be read. Write it with its country code, as +49 30 1234567, or leave it out.")
NAME = N_("Please enter a name of at most 200 letters.")
AGREE = N_("Please tick that you agree.")
EXISTS = N_("This number already has a card here. Ask at the counter for the link to it, or join without the number.")
FULL = N_("{shop} cannot hand out more cards at the moment. Please ask there.")
BUSY = N_("That did not work just now. Please press the button again: you get one card only.")
USED = N_("This form was sent before. Press the button again if you need another card.")
OFTEN = N_("Many cards were made from this network within an hour. Please try again later, or ask at the counter.")


class JoinForm(msgspec.Struct, frozen=True):
    """What somebody has entered; `key` is that of the form, made before it was first sent."""

    key: str
    name: str = ""
    phone: str = ""
    agree: bool = False


class Fault(msgspec.Struct, frozen=True):
    """What keeps a form from being accepted: a sentence, the field that it is about, and the status of the answer.

    `wait` is after how many seconds it may be sent again, if that is known.
    """

    says: str
    field: str = ""
    status: int = 409
    wait: int | None = None


@get("/{slug:str}")
async def show_form(request: AppRequest, slug: FromPath[str]) -> Template:
    """The form, or the way into the chat where the shop has no form. Raises ShopUnknown, ShopMoved, ShopClosed."""
    return _form_page(request, await _shop(request, slug), JoinForm(_new_key()))


@post("/{slug:str}")
async def join(request: AppRequest, slug: FromPath[str]) -> Template | Redirect:
    """Hand out a card and lead to its private page; else show the form again with what is wrong.

    Raises ShopUnknown, ShopMoved, ShopClosed.
    """
    shop, form = await _shop(request, slug), form_of(await request.form())
    if not shop.business.join_by_page:
        return _form_page(request, shop, form)
    wait = await request.app.state.limits.joined(request.client.host if request.client else "")
    if wait is not None:
        return _form_page(request, shop, form, Fault(OFTEN, status=TOO_MANY, wait=wait))
    if not form.agree:
        return _form_page(request, shop, form, Fault(AGREE, "agree", 400))
    try:
        return Redirect(await _hand_out(request, shop, form), status_code=303)
    except (ShopMoved, ShopClosed):  # since the form was read a moment ago
        raise
    except LoyaltyError as refusal:
        again = isinstance(refusal, IdempotencyKeyReused | CustomerNotFound)
        kept = msgspec.structs.replace(form, key=_new_key()) if again else form
        return _form_page(request, shop, kept, fault_of(refusal))


async def _shop(request: AppRequest, slug: str) -> JoinPage:
    shop = await runtime_of(request).database.read(lambda connection: read_join_page(connection, slug))
    if shop is None:
        raise ShopUnknown
    return shop


def form_of(given: Mapping[str, object]) -> JoinForm:
    """What was entered; a form without a usable key gets a new one."""
    key, name, phone = (str(given.get(field, ""))[:LONGEST].strip() for field in ("key", "name", "phone"))
    return JoinForm(key if KEY.fullmatch(key) else _new_key(), name, phone, given.get("agree") == "yes")


def _new_key() -> str:
    return secrets.token_urlsafe(16)


async def _hand_out(request: AppRequest, shop: JoinPage, form: JoinForm) -> str:
    """The address of the card. Raises what `Counter.join` raises."""
    runtime, business = runtime_of(request), shop.business
    caller = Caller(business=business, actor=Actor(ActorType.CUSTOMER), key=page_key(NOBODY, form.key))
    joined = await runtime.counter.join(caller, Profile(name=form.name, phone=form.phone or None))
    card = CardId(business.id, joined.outcome.id)
    maker = LinkMaker(base=own_address(request), vault=runtime.vault)
    made = await link_of(runtime.database, card, maker=maker, now=runtime.clock())
    return PATH + made.url.rpartition("/")[2]


def fault_of(refusal: LoyaltyError) -> Fault:
    """What to say about a refusal."""
    match refusal:
        case InvalidRequest(errors=(first, *_)) if "phone" in first.pointer:
            return Fault(PHONE, "phone", 400)
        case InvalidRequest():
            return Fault(NAME, "name", 400)
        case CustomerExists():
            return Fault(EXISTS, "phone")
        case CustomerLimitReached():
            return Fault(FULL)
        case IdempotencyKeyReused() | CustomerNotFound():
            return Fault(USED)
        case _:
            return Fault(BUSY, status=503)


def _form_page(request: AppRequest, shop: JoinPage, form: JoinForm, fault: Fault | None = None) -> Template:
    words, business = words_for_request(request, PageName.CARD), shop.business
    title = words.plain("A stamp card of {shop}", shop=business.name)
    page = WebPage(
        name=PageName.CARD,
        title=title,
        bot_id=None,
        template="join.html",
        status=fault.status if fault else 200,
        headers={"Retry-After": str(fault.wait)} if fault and fault.wait else {},
        context={
            "shop": business.name,
            "open": business.join_by_page,
            "chat_link": shop.chat_link,
            "place": shop.look,
            "look": (business.card_color or BROWN).removeprefix("#"),
            "promises": _promises(shop, words),
            "form": form,
            "fault": fault,
            "says": words.plain(fault.says, shop=business.name) if fault else "",
        },
    )
    return page_response(request, page)


def _promises(shop: JoinPage, words: Words) -> list[str]:
    """What each card makes, with what it is called if there are several."""
    if len(shop.programs) == 1:
        return [_promise(shop.programs[0].terms, words)]
    return [
        words.plain("{title}: {text}", title=program.title or shop.business.name, text=_promise(program.terms, words))
        for program in shop.programs
    ]


def _promise(terms: Terms, words: Words) -> str:
    reward = terms.reward_description
    return words.plain_count("{n} stamp: {reward}", "{n} stamps: {reward}", terms.stamps_required, reward=reward)


JOINING = Router(
    "/join",
    route_handlers=[show_form, join],
    guards=[same_site],
    exception_handlers=EXCEPTION_HANDLERS,
    include_in_schema=False,
)
