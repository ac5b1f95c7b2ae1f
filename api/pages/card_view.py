"""The view of a card: what its template gets, and the part of the page that is sent again when the card has changed."""

import base64
import hashlib
from datetime import datetime

import msgspec
from litestar.response.base import ASGIResponse

from api.etags import known_response, state_headers
from api.messages import AppRequest, data_response, runtime_of
from api.pages.page_words import PageName
from api.pages.shell import ENVIRONMENT, words_for_request
from loyalty_app.card_pages.links import CardId
from loyalty_app.customers.card_page import CardPage, read_card_page
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.customers.personal_data import Deed
from loyalty_app.pictures.card import BROWN
from loyalty_app.words import Html, Words
from loyalty_core.ledger import Entry, EntryType, Gift
from loyalty_core.rewards import Reward

PART = "card_part.html"


class PartView(msgspec.Struct, frozen=True):
    """The part of a page that shows a card, as HTML of ours, and the version of the card in it."""

    version: int
    html: str
    says: str
    """One sentence for those who do not see the card."""


class HistoryLine(msgspec.Struct, frozen=True):
    """A line of the history: when, what, and whether it was undone."""

    when: str
    what: str
    undone: bool


async def page_of_card(request: AppRequest, card: CardId) -> CardPage:
    """The card at this moment. Raises CustomerNotFound."""
    runtime = runtime_of(request)
    now = runtime.clock()
    return await runtime.database.read(lambda c: read_card_page(c, card, vault=runtime.vault, now=now))


async def card_part(request: AppRequest, card: CardId) -> ASGIResponse:
    """The part for a script; 304 if it has that already. Raises CustomerNotFound."""
    page = await page_of_card(request, card)
    words = words_for_request(request, PageName.CARD)
    context = card_context(page, words, runtime_of(request).clock())
    html = ENVIRONMENT.get_template(PART).render(words=words, **context)
    state = hashlib.sha256(html.encode()).hexdigest()[:32]
    part = PartView(page.customer.version, html, progress(page, words))
    return known_response(request, state) or data_response(part, headers=state_headers(state))


def card_context(page: CardPage, words: Words, now: datetime) -> dict[str, object]:
    """What the template of the part gets."""
    local = now.astimezone(page.business.zone)
    customer = page.customer
    return {
        "shop": page.business.name,
        "customer": first_name(customer.name),
        "have": customer.current_stamps,
        "need": customer.stamps_required,
        "progress": progress(page, words),
        "reward": page.program.terms.reward_description,
        "rewards": [(reward.description, _until(reward, words, local)) for reward in page.rewards],
        "history": [_line(deed, words, local) for deed in page.deeds],
        "code": page.codes.codes[0].text,
        "qr": Html(page.codes.codes[0].svg),
        "rotating": page.codes.step_seconds is not None,
        "version": customer.version,
        "sign": page.look.stamp_sign or "",
        "stamp_picture": stamp_address(page),
        "place": page.look,
    }


def stamp_address(page: CardPage) -> str:
    """Where the picture of a stamp is, for anybody; it changes with the picture. Empty without one."""
    picture = page.look.stamp_picture
    return f"/c/stamp/{page.business.slug}/{picture_name(picture)}" if picture else ""


def picture_name(picture: bytes) -> str:
    """The name of a kept picture, another one for any other picture."""
    return f"{hashlib.sha256(picture).hexdigest()[:16]}.png"


def inline_picture(kind: str, picture: bytes | None) -> str:
    """A picture within a page, as an address; empty without one. Why: a session in a header reaches no other one."""
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}" if picture else ""


def progress(page: CardPage, words: Words) -> str:
    """How far the card is, in a sentence."""
    have, need = page.customer.current_stamps, page.customer.stamps_required
    return words.plain_count("{have} of {n} stamp", "{have} of {n} stamps", need, have=have)


def colour_of(page: CardPage) -> str:
    """The colour of the shop, as six digits."""
    return (page.business.card_color or BROWN).removeprefix("#")


def _until(reward: Reward, words: Words, now: datetime) -> str:
    if reward.expires_at is None:
        return ""
    return words.plain("until {date}", date=words.date(reward.expires_at.astimezone(now.tzinfo)))


def _line(deed: Deed, words: Words, now: datetime) -> HistoryLine:
    when = words.moment(deed.entry.occurred_at.astimezone(now.tzinfo), now)
    return HistoryLine(when, _what(deed, words), undone=deed.entry.voided_by is not None)


def _what(deed: Deed, words: Words) -> str:
    n = deed.entry.stamps
    if deed.entry.bonus_stamps:
        return _gift(deed.entry, words)
    match deed.entry.type:
        case EntryType.REDEEM:
            return words.plain("Redeemed: {reward}", reward=deed.reward or "")
        case EntryType.EXPIRE:
            return words.plain("Expired: {reward}", reward=deed.reward or "")
        case EntryType.IMPORT:
            return words.plain_count("{n} stamp brought along", "{n} stamps brought along", n)
        case _:
            return words.plain_count("{n} stamp", "{n} stamps", n)


def _gift(entry: Entry, words: Words) -> str:
    n, gift = entry.stamps, entry.stamps - entry.asked_stamps
    if entry.occasion is Gift.HEAD_START:
        return words.plain_count("{n} stamp as a gift, to begin with", "{n} stamps as a gift, to begin with", n)
    if entry.occasion is Gift.BONUS_HOURS:
        return words.plain_count(
            "{n} stamp, {gift} as a gift: bonus hours", "{n} stamps, {gift} as a gift: bonus hours", n, gift=gift
        )
    return words.plain_count("{n} stamp as a gift", "{n} stamps as a gift", n)
