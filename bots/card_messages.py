"""Card messages: what the message of a card in a chat says, and how it is brought up to date.

There is one message for a card; it is edited in place, which tells nobody. Only "one to go" and an earned reward bring
a message of their own, if the shop and the customer want it. What the buttons do is in `customers`; when a
message is due is `bots/card_worker.py`.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from typing import Any

import msgspec
from PIL import Image
from telegram import InputMediaPhoto, Message
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError
from telegram.ext import ExtBot

from bots.buttons import Rows, button, keyboard
from bots.telegram_errors import maybe_delivered
from bots.telegram_limits import UNHURRIED
from bots.text_limits import TEXT, fitted
from bots.words import Html, Words, words_for
from loyalty_app.chat.card_queue import ShownCard
from loyalty_app.chat.held_card import HeldCard
from loyalty_app.customers.card_pictures import CardPicture, first_name, render_card
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_app.pictures.card import BROWN
from loyalty_app.pictures.render_thread import drawn
from loyalty_core.rewards import Reward

__all__ = ["caption", "card_rows", "first_name", "news", "picture_of", "reward_lines", "show", "take_down"]

log = logging.getLogger(__name__)

PARTY, FLAME = "5046509860389126442", "5104841245755180586"
"""Telegram's own effects of a message: confetti, and a flame."""

ROOM_FOR_REWARDS = TEXT - 500
# It belongs to the picture; the library would send its default beside it, where Telegram knows none.
NO_PARSE_MODE: dict[str, Any] = {"parse_mode": None}
PAPER, PAPER_SIZE = "#ECEAE6", (1000, 600)


def picture_of(snapshot: CardSnapshot) -> CardPicture:
    """The picture of a card."""
    return CardPicture(
        shop_name=snapshot.business.name,
        customer_name=first_name(snapshot.customer.name),
        current_stamps=snapshot.customer.current_stamps,
        stamps_required=snapshot.customer.stamps_required,
        reward_description=snapshot.program.terms.reward_description,
        rewards_available=snapshot.customer.rewards_available,
        qr_text=snapshot.link,
        qr_code=snapshot.customer.qr_code,
        colour=snapshot.business.card_color or BROWN,
        language=words_for(snapshot.language).code,
    )


def caption(snapshot: CardSnapshot, words: Words) -> Html:
    """What stands below the picture; shorter than a caption may be, whatever shop and reward are called."""
    customer = snapshot.customer
    left = customer.stamps_required - customer.current_stamps
    lines = [
        words.say("<b>{shop}</b>", shop=snapshot.business.name),
        words.say("{have} of {need} stamps", have=customer.current_stamps, need=customer.stamps_required),
        words.count(
            "{n} more for: {reward}", "{n} more for: {reward}", left, reward=snapshot.program.terms.reward_description
        ),
    ]
    if customer.rewards_available:
        n = customer.rewards_available
        lines.append(words.count("🎁 {n} reward is waiting for you", "🎁 {n} rewards are waiting for you", n))
    if not customer.total_visits:
        lines.append(words.say("<i>Show this card whenever you pay.</i>"))
    return Html("\n".join(lines))


def card_rows(snapshot: CardSnapshot, words: Words) -> Rows:
    """The buttons below a card. Sharing the number is offered here until the first visit, later behind "More"."""
    shop, waiting = snapshot.business.id, snapshot.customer.rewards_available
    rewards = words.label("🎁 Rewards ({n})", n=waiting) if waiting else words.label("🎁 Rewards")
    is_new = snapshot.customer.phone is None and not snapshot.customer.total_visits
    return [
        [button(rewards, "myrewards", shop), button(words.label("🕘 History"), "myhistory", shop)],
        [
            *([button(words.label("📱 Use my number"), "myphone", shop)] if is_new else []),
            button(words.label("⋯ More"), "mymore", shop),
        ],
    ]


def news(snapshot: CardSnapshot, words: Words) -> tuple[Html, str] | None:
    """What is worth a message of its own since the card was last shown, with its effect.

    A card that went back, because something was undone, is no news.
    """
    customer, card = snapshot.customer, snapshot.held
    if card.muted or not snapshot.business.card_notices:
        return None
    earned = _newly_earned(snapshot)
    if earned:
        return _reward_news(snapshot, words, earned), PARTY
    shown, now = (card.shown_rewards, card.shown_stamps), (customer.rewards_earned, customer.current_stamps)
    if now > shown and customer.current_stamps and customer.stamps_required - customer.current_stamps == 1:
        reward = snapshot.program.terms.reward_description
        text = words.say(
            "🔥 One stamp to go at <b>{shop}</b>!\nThen it is yours: {reward}",
            shop=snapshot.business.name,
            reward=reward,
        )
        return text, FLAME
    return None


def _newly_earned(snapshot: CardSnapshot) -> tuple[Reward, ...]:
    """The rewards that came since the card was last shown, if they are still there."""
    count = snapshot.customer.rewards_earned - snapshot.held.shown_rewards
    return snapshot.rewards[-count:] if count > 0 else ()


def _reward_news(snapshot: CardSnapshot, words: Words, earned: tuple[Reward, ...]) -> Html:
    head = words.count(
        "🎉 Your card at <b>{shop}</b> is full! Your reward:",
        "🎉 You have earned {n} rewards at <b>{shop}</b>:",
        len(earned),
        shop=snapshot.business.name,
    )
    text = fitted(head, reward_lines(earned, snapshot, words), most=ROOM_FOR_REWARDS)
    return Html(f"{text}\n{words.say('Show your card when you want it.')}")


def reward_lines(rewards: Iterable[Reward], snapshot: CardSnapshot, words: Words, *, since: bool = False) -> list[Html]:
    """Rewards that wait, and since when if that is wanted; several of a kind are one line."""
    counts = Counter(_reward_line(reward, snapshot, words, since=since) for reward in rewards)
    return [line if n == 1 else words.say("{n} × {reward}", n=n, reward=line) for line, n in counts.items()]


def _reward_line(reward: Reward, snapshot: CardSnapshot, words: Words, *, since: bool) -> Html:
    line = _until(reward, snapshot, words)
    if not since:
        return line
    earned = words.date(reward.earned_at.astimezone(snapshot.business.zone))
    return Html(f"{line}\n{words.say('<i>earned {date}</i>', date=earned)}")


def _until(reward: Reward, snapshot: CardSnapshot, words: Words) -> Html:
    """A reward's text as it was earned, and the last day on which it can be redeemed."""
    if reward.expires_at is None:
        return words.say("🎁 {reward}", reward=reward.description)
    last_day = reward.expires_at.astimezone(snapshot.business.zone) - timedelta(seconds=1)
    return words.say("🎁 {reward} – until {date}", reward=reward.description, date=words.date(last_day))


async def show(bot: ExtBot[Any], snapshot: CardSnapshot) -> ShownCard:
    """Bring a card's message up to date, or send it if there is none; says what it shows now.

    Raises a TelegramError that may pass; then nothing is noted, and the same may be done again. If only the news of it
    could not be told, the showing has failed, but what was sent is not sent again.
    """
    card = snapshot.held
    if not snapshot.reachable:
        return _as_before(card)
    try:
        message_id = await _place(bot, snapshot)
    except Forbidden:
        return _as_before(card)
    sent = message_id if message_id != card.message_id else None
    try:
        news_id = await _send_news(bot, snapshot)
    except TelegramError as error:
        log.warning("news of a card could not be sent: %s", type(error).__name__)
        return _without_news(snapshot, message_id, sent)
    return _as_now(snapshot, message_id, news_id or sent)


def _as_now(snapshot: CardSnapshot, message_id: int | None, sent: int | None) -> ShownCard:
    customer = snapshot.customer
    return ShownCard(
        card=snapshot.held,
        message_id=message_id,
        version=customer.version,
        stamps=customer.current_stamps,
        rewards=customer.rewards_earned,
        sent=sent,
    )


def _as_before(card: HeldCard) -> ShownCard:
    """Nothing was shown: who is back sees what has changed meanwhile, and is told what is news."""
    return ShownCard(
        card=card,
        message_id=card.message_id,
        version=card.shown_version,
        stamps=card.shown_stamps,
        rewards=card.shown_rewards,
    )


def _without_news(snapshot: CardSnapshot, message_id: int | None, sent: int | None) -> ShownCard:
    """The card is up to date, its news is still to be told. If the card may have arrived, neither is sent again."""
    if message_id is None:
        return _as_now(snapshot, None, sent)
    return msgspec.structs.replace(_as_before(snapshot.held), message_id=message_id, sent=sent, failed=True)


async def _place(bot: ExtBot[Any], snapshot: CardSnapshot) -> int | None:
    """Bring the message up to date, or send it. Raises Forbidden if the person has blocked the bot."""
    message_id = snapshot.held.message_id
    picture = await drawn(render_card, picture_of(snapshot))
    if message_id is not None and await _edit(bot, snapshot, picture):
        return message_id
    return await _send(bot, snapshot, picture)


async def _edit(bot: ExtBot[Any], snapshot: CardSnapshot, picture: bytes) -> bool:
    card, words = snapshot.held, words_for(snapshot.language)
    media = InputMediaPhoto(picture, caption=caption(snapshot, words), filename="card.jpg")
    keys = keyboard(card_rows(snapshot, words))
    return await _tried(
        bot.edit_message_media,
        media,
        chat_id=card.user_id,
        message_id=card.message_id,
        reply_markup=keys,
        api_kwargs=NO_PARSE_MODE,
        rate_limit_args=UNHURRIED,
    )


async def _send(bot: ExtBot[Any], snapshot: CardSnapshot, picture: bytes) -> int | None:
    """Send the card; None if nobody can know whether it arrived. A message before it is taken away."""
    words, card = words_for(snapshot.language), snapshot.held
    keys = keyboard(card_rows(snapshot, words))
    try:
        message: Message = await bot.send_photo(
            card.user_id, picture, caption=caption(snapshot, words), reply_markup=keys, filename="card.jpg"
        )
    except NetworkError as error:
        if maybe_delivered(error):
            return None
        raise
    if card.message_id is not None:
        with suppress(TelegramError):  # the new one is there
            await bot.delete_message(card.user_id, card.message_id)
    return message.message_id


async def _send_news(bot: ExtBot[Any], snapshot: CardSnapshot) -> int | None:
    """Send what is news; the number of the message, if there is one and it is known."""
    words = words_for(snapshot.language)
    worth_telling = news(snapshot, words)
    if worth_telling is None:
        return None
    text, effect = worth_telling
    try:
        return await _send_news_message(bot, snapshot, text, effect)
    except BadRequest:  # Telegram may have given an effect up
        with suppress(BadRequest):
            return await _send_news_message(bot, snapshot, text, None)
    except Forbidden:
        return None
    except NetworkError as error:
        if not maybe_delivered(error):
            raise
    return None


async def _send_news_message(bot: ExtBot[Any], snapshot: CardSnapshot, text: Html, effect: str | None) -> int:
    label = words_for(snapshot.language).label("💳 Show my card")
    keys = keyboard([[button(label, "mycard", snapshot.business.id)]])
    message: Message = await bot.send_message(snapshot.held.user_id, text, reply_markup=keys, message_effect_id=effect)
    return message.message_id


async def take_down(bot: ExtBot[Any], card: HeldCard) -> ShownCard:
    """Take the message of a card out of the chat: its customer was erased. One too old to go is left empty."""
    where: dict[str, Any] = {"chat_id": card.user_id, "message_id": card.message_id}
    with suppress(Forbidden):
        if card.message_id is not None and not await _tried(bot.delete_message, **where):
            await _tried(bot.edit_message_media, InputMediaPhoto(_empty_picture()), **where, api_kwargs=NO_PARSE_MODE)
    return ShownCard(card=card, gone=True)


def _empty_picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", PAPER_SIZE, PAPER).save(file, "JPEG")
    return file.getvalue()


async def _tried(call: Callable[..., Any], *args: object, **named: object) -> bool:
    """Make a call about a message; False if the message is not there any more."""
    try:
        await call(*args, **named)
    except BadRequest as error:
        return "not modified" in str(error).lower()
    return True
