"""Cards in chats: what a card's message shows, and how it is brought up to date.

There is one message for a card; it is edited in place, which tells nobody. Only "one to go" and an earned reward bring
a message of their own, if the shop and the customer want it. What the message's buttons do is in `customers`.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection
from telegram import InputMediaPhoto, Message
from telegram.error import BadRequest, Forbidden, TimedOut
from telegram.ext import ExtBot

from bots.buttons import Rows, button, keyboard
from bots.words import Html, Words, words_for
from loyalty_app.businesses import Business, find_business
from loyalty_app.cards import CardPicture, render_card
from loyalty_app.chat.cards import HeldCard, Shown
from loyalty_app.chat.chats import find_chat
from loyalty_app.customers import find_customer
from loyalty_app.links import card_link
from loyalty_app.pictures.card import BROWN
from loyalty_app.programs import read_program
from loyalty_core.customers import Customer
from loyalty_core.errors import CustomerNotFound
from loyalty_core.programs import Program
from loyalty_core.views import CustomerView, customer_view

PARTY, FLAME = "5046509860389126442", "5104841245755180586"
"""Telegram's own effects of a message: confetti, and a flame."""


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """All that a card's message is made of, as it was at one moment."""

    held: HeldCard
    business: Business
    program: Program
    customer: CustomerView
    words: Words
    link: str
    reachable: bool


def look(connection: Connection, held: HeldCard) -> Sight | None:
    """What a card's message should show; None if the customer was erased."""
    try:
        customer: Customer = find_customer(connection, held.business_id, held.customer_id)
    except CustomerNotFound:
        return None
    program = read_program(connection, held.business_id)
    chat = find_chat(connection, held.bot_id, held.user_id)
    return Sight(
        held=held,
        business=find_business(connection, held.business_id),
        program=program,
        customer=customer_view(customer, program),
        words=words_for(chat.language or chat.language_code),
        link=card_link(connection, held.business_id, customer.qr_code),
        reachable=chat.blocked_at is None,
    )


def first_name(name: str) -> str:
    """The first word of a name: all that is shown of it, in the picture and to the staff."""
    return name.split(maxsplit=1)[0] if name.split() else name


def picture_of(sight: Sight) -> CardPicture:
    """The picture of a card."""
    return CardPicture(
        shop_name=sight.business.name,
        customer_name=first_name(sight.customer.name),
        current_stamps=sight.customer.current_stamps,
        stamps_required=sight.customer.stamps_required,
        reward_description=sight.program.terms.reward_description,
        rewards_available=sight.customer.rewards_available,
        qr_text=sight.link,
        qr_code=sight.customer.qr_code,
        colour=sight.business.card_color or BROWN,
        language=sight.words.code,
    )


def caption(sight: Sight) -> Html:
    """What stands below the picture."""
    words, customer = sight.words, sight.customer
    lines = [
        words.say("<b>{shop}</b>", shop=sight.business.name),
        words.say("{have} of {need} stamps", have=customer.current_stamps, need=customer.stamps_required),
    ]
    if customer.rewards_available:
        lines.append(
            words.count(
                "🎁 {n} reward is waiting for you", "🎁 {n} rewards are waiting for you", customer.rewards_available
            )
        )
    return Html("\n".join(lines))


def card_rows(sight: Sight) -> Rows:
    """The buttons below a card."""
    words, shop = sight.words, sight.business.id
    return [
        [
            button(words.label("🎁 Rewards"), "rewards", shop),
            button(words.label("🕘 History"), "history", shop),
            button(words.label("⋯ More"), "more", shop),
        ]
    ]


def news(sight: Sight) -> tuple[Html, str] | None:
    """What is worth a message of its own since the card was last shown, with its effect."""
    words, customer, held = sight.words, sight.customer, sight.held
    if held.muted or not sight.business.card_notices:
        return None
    if customer.rewards_earned > held.shown_rewards and customer.rewards_available:
        reward = sight.program.terms.reward_description
        text = words.say(
            "🎉 Your card at <b>{shop}</b> is full! You have earned: {reward}", shop=sight.business.name, reward=reward
        )
        return text, PARTY
    left = customer.stamps_required - customer.current_stamps
    if left == 1 and customer.stamps_required > 1 and customer.current_stamps > held.shown_stamps:
        return words.say("🔥 One stamp to go at <b>{shop}</b>!", shop=sight.business.name), FLAME
    return None


async def show(bot: ExtBot[Any], sight: Sight, *, anew: bool = False) -> Shown:
    """Bring a card's message up to date, or send it anew; says what it shows now.

    Raises a TelegramError that may pass; then nothing is noted, and the same may be done again.
    """
    held, customer = sight.held, sight.customer
    message_id = held.message_id
    if sight.reachable:
        picture = await asyncio.to_thread(render_card, picture_of(sight))
        if message_id is None or anew or not await _edit(bot, sight, picture):
            message_id = await _send(bot, sight, picture)
        await _tell(bot, sight)
    return Shown(
        card=held,
        message_id=message_id,
        version=customer.version,
        stamps=customer.current_stamps,
        rewards=customer.rewards_earned,
    )


async def _edit(bot: ExtBot[Any], sight: Sight, picture: bytes) -> bool:
    held = sight.held
    media = InputMediaPhoto(picture, caption=caption(sight), filename="card.jpg")
    return await _tried(
        bot.edit_message_media, media, chat_id=held.user_id, message_id=held.message_id, reply_markup=_keys(sight)
    )


async def _send(bot: ExtBot[Any], sight: Sight, picture: bytes) -> int | None:
    """Send the card anew; None if nobody can know whether it arrived. A message before it is taken away."""
    try:
        message: Message = await bot.send_photo(
            sight.held.user_id, picture, caption=caption(sight), reply_markup=_keys(sight), filename="card.jpg"
        )
    except TimedOut:
        return None
    except Forbidden:
        return sight.held.message_id
    if sight.held.message_id is not None:
        await _tried(bot.delete_message, sight.held.user_id, sight.held.message_id)
    return message.message_id


async def _tell(bot: ExtBot[Any], sight: Sight) -> None:
    told = news(sight)
    if told is None:
        return
    text, effect = told
    try:
        await bot.send_message(sight.held.user_id, text, message_effect_id=effect)
    except (TimedOut, Forbidden):  # it may have arrived, or nobody wants to hear it
        return


async def take_down(bot: ExtBot[Any], held: HeldCard) -> Shown:
    """Take the message of a card out of the chat: its customer was erased."""
    if held.message_id is not None:
        await _tried(bot.delete_message, held.user_id, held.message_id)
    return Shown(card=held, gone=True)


async def _tried(call: Callable[..., Any], *args: object, **named: object) -> bool:
    """Make a call about a message; False if the message is not there any more."""
    try:
        await call(*args, **named)
    except Forbidden:
        return True
    except BadRequest as error:
        return "not modified" in str(error).lower()
    return True


def _keys(sight: Sight) -> Any:  # noqa: ANN401  # the library's own type
    return keyboard(card_rows(sight))
