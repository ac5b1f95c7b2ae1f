"""The view of a card: what its template gets, and the part of the page that is sent again when the card has changed."""

import base64
import hashlib
from collections.abc import Mapping
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
from loyalty_app.customers.shown_cards import WholeCard
from loyalty_app.pictures.card import BROWN
from loyalty_app.words import N_, Html, Words
from loyalty_core.ledger import Entry, EntryType, Gift
from loyalty_core.rewards import Reward
from loyalty_core.views import NextReward, program_number

PART = "card_part.html"
PAST = N_("This card takes no new stamps any more. Its rewards can still be redeemed.")

OCCASIONS = {
    Gift.BIRTHDAY: N_("a birthday"),
    Gift.REFERRAL: N_("bring a friend"),
    Gift.WIN_BACK: N_("coming back"),
}
"""The occasions of gifts that have no sentence of their own."""


class PartView(msgspec.Struct, frozen=True):
    """The part of a page that shows a card, as HTML of ours, and the version of the card in it."""

    version: int
    html: str
    says: str
    """One sentence for those who do not see the card."""


class CardPanel(msgspec.Struct, frozen=True):
    """A card as its template gets it: what it is called if there are several, how far it is, and what it earns next.

    `goals` are all rewards on it, each with whether it is earned already; there are none if it has no steps. `past` is
    said of a card that takes no stamps any more.
    """

    number: int
    title: str
    progress: str
    stamps: list["PanelStamp"]
    coming: str
    goals: list[tuple[str, bool]]
    reward: str
    past: str


class PanelStamp(msgspec.Struct, frozen=True):
    """A place for a stamp: whether there is one, and whether a reward lies there on the way."""

    done: bool
    step: bool

    @property
    def look(self) -> str:
        """The classes of its style."""
        return " ".join(name for name, on in (("done", self.done), ("step", self.step)) if on)


class WaitingReward(msgspec.Struct, frozen=True):
    """A reward that waits: what, until when, and of which card if there are several."""

    text: str
    until: str
    program: str


class HistoryLine(msgspec.Struct, frozen=True):
    """A line of the history: when, what, whether it was undone, and of which card if there are several."""

    when: str
    what: str
    undone: bool
    program: str


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
    customer, names = page.customer, _names(page)
    return {
        "shop": page.business.name,
        "customer": first_name(customer.name),
        "cards": [_panel(card, page, words) for card in page.cards],
        "rewards": [
            WaitingReward(reward.description, _until(reward, words, local), names.get(_number(reward), ""))
            for reward in page.rewards
        ],
        "history": [_line(deed, words, local, names.get(_number(deed.entry), "")) for deed in page.deeds],
        "code": page.codes.codes[0].text,
        "qr": Html(page.codes.codes[0].svg),
        "rotating": page.codes.step_seconds is not None,
        "version": customer.version,
        "sign": page.look.stamp_sign or "",
        "stamp_picture": stamp_address(page),
        "place": page.look,
    }


def _names(page: CardPage) -> Mapping[int, str]:
    """What the programs are called, by their numbers; empty where the customer has to do with one alone."""
    alone = len(page.titles.in_use) < 2 and len(page.cards) < 2  # noqa: PLR2004  # several are two or more
    others = (reward for reward in page.rewards if _number(reward) != page.cards[0].number)
    return {} if alone and not any(others) else page.titles.by_number


def _number(one: Reward | Entry) -> int:
    return program_number(one.business_id, one.program_id)


def _panel(card: WholeCard, page: CardPage, words: Words) -> CardPanel:
    title, coming = page.titles.of_card(card.number), card.coming
    return CardPanel(
        number=card.number,
        title="" if title == page.business.name else title,
        progress=_progress(card, words),
        stamps=_stamps(card),
        coming=_coming(coming, words) if coming else "",
        goals=_goals(card, words) if card.steps else [],
        reward=card.reward,
        past="" if coming else words.plain(PAST),
    )


def _stamps(card: WholeCard) -> list[PanelStamp]:
    places = {step.stamps for step in card.steps}
    return [PanelStamp(number <= card.stamps, number in places) for number in range(1, card.goal + 1)]


def _coming(coming: NextReward, words: Words) -> str:
    n, reward = coming.stamps_to_go, coming.reward_description
    return words.plain_count("{n} more for: {reward}", "{n} more for: {reward}", n, reward=reward)


def _goals(card: WholeCard, words: Words) -> list[tuple[str, bool]]:
    steps = [(step.stamps, step.reward_description, step.earned) for step in card.steps]
    return [
        (words.plain_count("{n} stamp: {reward}", "{n} stamps: {reward}", n, reward=reward), earned)
        for n, reward, earned in (*steps, (card.goal, card.reward, False))
    ]


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
    """How far the card is, in a sentence; all of them if there are several."""
    if len(page.cards) == 1:
        return _progress(page.cards[0], words)
    return words.join(
        words.plain("{title}: {text}", title=page.titles.by_number[card.number], text=_progress(card, words))
        for card in page.cards
    )


def _progress(card: WholeCard, words: Words) -> str:
    return words.plain_count("{have} of {n} stamp", "{have} of {n} stamps", card.goal, have=card.stamps)


def colour_of(page: CardPage) -> str:
    """The colour of the shop, as six digits."""
    return (page.business.card_color or BROWN).removeprefix("#")


def _until(reward: Reward, words: Words, now: datetime) -> str:
    if reward.expires_at is None:
        return ""
    return words.plain("until {date}", date=words.date(reward.expires_at.astimezone(now.tzinfo)))


def _line(deed: Deed, words: Words, now: datetime, program: str) -> HistoryLine:
    when = words.moment(deed.entry.occurred_at.astimezone(now.tzinfo), now)
    return HistoryLine(when, told_deed(deed, words), deed.entry.voided_by is not None, program)


def told_deed(deed: Deed, words: Words) -> str:
    """What an entry did, in the words of its customer: of a gift also for what it was."""
    n = deed.entry.stamps
    if deed.entry.occasion is not None:
        return _gift(deed, words)
    match deed.entry.type:
        case EntryType.REDEEM:
            return words.plain("Redeemed: {reward}", reward=deed.reward or "")
        case EntryType.EXPIRE:
            return words.plain("Expired: {reward}", reward=deed.reward or "")
        case EntryType.IMPORT:
            return words.plain_count("{n} stamp brought along", "{n} stamps brought along", n)
        case _:
            return words.plain_count("{n} stamp", "{n} stamps", n)


def _gift(deed: Deed, words: Words) -> str:
    entry = deed.entry
    n, gift = entry.stamps, entry.stamps - entry.asked_stamps
    if entry.occasion is Gift.HEAD_START:
        return words.plain_count("{n} stamp as a gift, to begin with", "{n} stamps as a gift, to begin with", n)
    if entry.occasion is Gift.BONUS_HOURS:
        return words.plain_count(
            "{n} stamp, {gift} as a gift: bonus hours", "{n} stamps, {gift} as a gift: bonus hours", n, gift=gift
        )
    if entry.is_reward:
        line = words.plain("A gift: {reward}", reward=deed.reward or "")
    else:
        line = words.plain_count("{n} stamp as a gift", "{n} stamps as a gift", n)
    why = OCCASIONS.get(entry.occasion) if entry.occasion else None
    return words.plain("{line} ({occasion})", line=line, occasion=words.plain(why)) if why else line
