"""One's own data: what the shops store about a person, as a file to keep, and the way to have it deleted."""

from datetime import datetime

import msgspec

from bots.buttons import Rows, button
from bots.customers.own_cards import back_row, find_all, pressed_card, turn_over
from bots.turn import Turn
from bots.words import listed
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_app.customers.personal_data import OwnCard, OwnHistory, OwnProfile, stored_data
from loyalty_core.fields import UserId
from loyalty_core.views import CardView

FILE = "my-data.json"


class ShopData(msgspec.Struct, frozen=True, kw_only=True):
    """What one shop stores about the person. `cards` are those of all its programs, the main one's first."""

    shop: str
    profile: OwnProfile
    card: OwnCard
    cards: tuple[CardView, ...]
    history: OwnHistory
    news_muted: bool


class ChatData(msgspec.Struct, frozen=True, kw_only=True):
    """What the bot stores about the chat."""

    bot: str
    user_id: UserId
    language: str | None
    language_of_telegram: str | None


class OwnData(msgspec.Struct, frozen=True, kw_only=True):
    """The file with one's own data."""

    made_at: datetime
    chat: ChatData
    shops: list[ShopData]


async def show_my_data(turn: Turn) -> None:
    """Show, as a screen, what can be done with the data of all shops."""
    words, cards = turn.words, await find_all(turn)
    if not cards:
        await turn.screen(words.say("You have no card here, so no shop stores anything about you as a customer."))
        return
    shops = listed([snapshot.business.name for snapshot in cards], words)
    text = words.say(
        "🗂 <b>Your data</b>\nKept at {shops}: your name, your number if you shared it, your stamps and rewards.",
        shops=shops,
    )
    await turn.screen(text, _rows(turn, 0))


async def show_data(turn: Turn) -> None:
    """Show the same for the shop of one card, below its picture; without a shop, for all of them."""
    if not turn.press.number(0):
        await show_my_data(turn)
        return
    snapshot = await pressed_card(turn)
    if snapshot is None:
        return
    text = turn.words.say(
        "🗂 <b>Your data</b>\n{shop} keeps your name, your number if you shared it, your stamps and rewards.",
        shop=snapshot.business.name,
    )
    await turn_over(turn, snapshot, text, [*_rows(turn, snapshot.business.id), *back_row(turn, snapshot, "mymore")])


def _rows(turn: Turn, shop: int) -> Rows:
    words = turn.words
    delete = words.label("🗑 Delete this card") if shop else words.label("🗑 Delete everything")
    return [[button(words.label("⬇️ Get a copy"), "mycopy", shop)], [button(delete, "myleave", shop)]]


async def send_copy(turn: Turn) -> None:
    """Send what is stored about the person, by one shop or by all, as a file."""
    cards = await pressed_cards(turn)
    if not cards:
        return
    await turn.toast()
    copied = OwnData(
        made_at=turn.now(), chat=_chat_data(turn), shops=[await _shop_data(turn, snapshot) for snapshot in cards]
    )
    content = msgspec.json.format(msgspec.json.encode(copied), indent=2)
    said = turn.words.say("Everything that is stored about you, to read and to keep.")
    await turn.sent(turn.bot.send_document, document=content, filename=FILE, caption=said)


async def pressed_cards(turn: Turn) -> list[CardSnapshot]:
    """The person's cards that a button means: that of one shop, or all; if there are none, the person is told."""
    if turn.press.number(0):
        snapshot = await pressed_card(turn)
        return [snapshot] if snapshot is not None else []
    cards = await find_all(turn)
    if not cards:
        await turn.toast(
            turn.words.plain("You have no card here, so no shop stores anything about you as a customer."), alert=True
        )
    return cards


def _chat_data(turn: Turn) -> ChatData:
    return ChatData(
        bot=turn.bot.username,
        user_id=turn.user_id,
        language=turn.chat.language,
        language_of_telegram=turn.chat.language_code,
    )


async def _shop_data(turn: Turn, snapshot: CardSnapshot) -> ShopData:
    shop, customer_id, now = snapshot.business, snapshot.customer.id, turn.now()
    stored = await turn.read(lambda connection: stored_data(connection, shop.id, customer_id, now=now))
    return ShopData(
        shop=stored.shop,
        profile=stored.profile,
        card=stored.card,
        cards=stored.cards,
        history=stored.history,
        news_muted=snapshot.card.muted,
    )


PRESSES = {"mydata": show_data, "mycopy": send_copy}
