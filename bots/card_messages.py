"""Cards in chats: what a card's message says, and how it is brought up to date.

There is one message for a card; it is edited in place, which tells nobody. Only "one to go" and an earned reward bring
a message of their own, if the shop and the customer want it. What the message's buttons do is in `customers`.
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
from bots.maybe_delivered import maybe_delivered
from bots.rate_limiter import UNHURRIED
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


def picture_of(sight: CardSnapshot) -> CardPicture:
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
        language=words_for(sight.language).code,
    )


def caption(sight: CardSnapshot, words: Words) -> Html:
    """What stands below the picture; shorter than a caption may be, whatever shop and reward are called."""
    customer = sight.customer
    left = customer.stamps_required - customer.current_stamps
    lines = [
        words.say("<b>{shop}</b>", shop=sight.business.name),
        words.say("{have} of {need} stamps", have=customer.current_stamps, need=customer.stamps_required),
        words.count(
            "{n} more for: {reward}", "{n} more for: {reward}", left, reward=sight.program.terms.reward_description
        ),
    ]
    if customer.rewards_available:
        n = customer.rewards_available
        lines.append(words.count("🎁 {n} reward is waiting for you", "🎁 {n} rewards are waiting for you", n))
    if not customer.total_visits:
        lines.append(words.say("<i>Show this card whenever you pay.</i>"))
    return Html("\n".join(lines))


def card_rows(sight: CardSnapshot, words: Words) -> Rows:
    """The buttons below a card. Sharing the number is offered here until the first visit, later behind "More"."""
    shop, waiting = sight.business.id, sight.customer.rewards_available
    rewards = words.label("🎁 Rewards ({n})", n=waiting) if waiting else words.label("🎁 Rewards")
    is_new = sight.customer.phone is None and not sight.customer.total_visits
    return [
        [button(rewards, "myrewards", shop), button(words.label("🕘 History"), "myhistory", shop)],
        [
            *([button(words.label("📱 Use my number"), "myphone", shop)] if is_new else []),
            button(words.label("⋯ More"), "mymore", shop),
        ],
    ]


def news(sight: CardSnapshot, words: Words) -> tuple[Html, str] | None:
    """What is worth a message of its own since the card was last shown, with its effect.

    A card that went back, because something was undone, is no news.
    """
    customer, held = sight.customer, sight.held
    if held.muted or not sight.business.card_notices:
        return None
    earned = _newly_earned(sight)
    if earned:
        return _reward_news(sight, words, earned), PARTY
    shown, now = (held.shown_rewards, held.shown_stamps), (customer.rewards_earned, customer.current_stamps)
    if now > shown and customer.current_stamps and customer.stamps_required - customer.current_stamps == 1:
        reward = sight.program.terms.reward_description
        text = words.say(
            "🔥 One stamp to go at <b>{shop}</b>!\nThen it is yours: {reward}", shop=sight.business.name, reward=reward
        )
        return text, FLAME
    return None


def _newly_earned(sight: CardSnapshot) -> tuple[Reward, ...]:
    """The rewards that came since the card was last shown, if they are still there."""
    count = sight.customer.rewards_earned - sight.held.shown_rewards
    return sight.rewards[-count:] if count > 0 else ()


def _reward_news(sight: CardSnapshot, words: Words, earned: tuple[Reward, ...]) -> Html:
    head = words.count(
        "🎉 Your card at <b>{shop}</b> is full! Your reward:",
        "🎉 You have earned {n} rewards at <b>{shop}</b>:",
        len(earned),
        shop=sight.business.name,
    )
    text = fitted(head, reward_lines(earned, sight, words), most=ROOM_FOR_REWARDS)
    return Html(f"{text}\n{words.say('Show your card when you want it.')}")


def reward_lines(rewards: Iterable[Reward], sight: CardSnapshot, words: Words, *, since: bool = False) -> list[Html]:
    """Rewards that wait, and since when if that is wanted; several of a kind are one line."""
    counts = Counter(_reward_line(reward, sight, words, since=since) for reward in rewards)
    return [line if n == 1 else words.say("{n} × {reward}", n=n, reward=line) for line, n in counts.items()]


def _reward_line(reward: Reward, sight: CardSnapshot, words: Words, *, since: bool) -> Html:
    line = _until(reward, sight, words)
    if not since:
        return line
    earned = words.date(reward.earned_at.astimezone(sight.business.zone))
    return Html(f"{line}\n{words.say('<i>earned {date}</i>', date=earned)}")


def _until(reward: Reward, sight: CardSnapshot, words: Words) -> Html:
    """A reward's text as it was earned, and the last day on which it can be redeemed."""
    if reward.expires_at is None:
        return words.say("🎁 {reward}", reward=reward.description)
    last_day = reward.expires_at.astimezone(sight.business.zone) - timedelta(seconds=1)
    return words.say("🎁 {reward} – until {date}", reward=reward.description, date=words.date(last_day))


async def show(bot: ExtBot[Any], sight: CardSnapshot) -> ShownCard:
    """Bring a card's message up to date, or send it if there is none; says what it shows now.

    Raises a TelegramError that may pass; then nothing is noted, and the same may be done again. If only the news of it
    could not be told, the showing has failed, but what was sent is not sent again.
    """
    held = sight.held
    if not sight.reachable:
        return _as_before(held)
    try:
        message_id = await _place(bot, sight)
    except Forbidden:
        return _as_before(held)
    sent = message_id if message_id != held.message_id else None
    try:
        told = await _tell(bot, sight)
    except TelegramError as error:
        log.warning("news of a card could not be told: %s", type(error).__name__)
        return _without_news(sight, message_id, sent)
    return _as_now(sight, message_id, told or sent)


def _as_now(sight: CardSnapshot, message_id: int | None, sent: int | None) -> ShownCard:
    customer = sight.customer
    return ShownCard(
        card=sight.held,
        message_id=message_id,
        version=customer.version,
        stamps=customer.current_stamps,
        rewards=customer.rewards_earned,
        sent=sent,
    )


def _as_before(held: HeldCard) -> ShownCard:
    """Nothing was shown: who is back sees what has changed meanwhile, and is told what is news."""
    return ShownCard(
        card=held,
        message_id=held.message_id,
        version=held.shown_version,
        stamps=held.shown_stamps,
        rewards=held.shown_rewards,
    )


def _without_news(sight: CardSnapshot, message_id: int | None, sent: int | None) -> ShownCard:
    """The card is up to date, its news is still to be told. If the card may have arrived, neither is sent again."""
    if message_id is None:
        return _as_now(sight, None, sent)
    return msgspec.structs.replace(_as_before(sight.held), message_id=message_id, sent=sent, failed=True)


async def _place(bot: ExtBot[Any], sight: CardSnapshot) -> int | None:
    """Bring the message up to date, or send it. Raises Forbidden if the person has blocked the bot."""
    message_id = sight.held.message_id
    picture = await drawn(render_card, picture_of(sight))
    if message_id is not None and await _edit(bot, sight, picture):
        return message_id
    return await _send(bot, sight, picture)


async def _edit(bot: ExtBot[Any], sight: CardSnapshot, picture: bytes) -> bool:
    held, words = sight.held, words_for(sight.language)
    media = InputMediaPhoto(picture, caption=caption(sight, words), filename="card.jpg")
    keys = keyboard(card_rows(sight, words))
    return await _tried(
        bot.edit_message_media,
        media,
        chat_id=held.user_id,
        message_id=held.message_id,
        reply_markup=keys,
        api_kwargs=NO_PARSE_MODE,
        rate_limit_args=UNHURRIED,
    )


async def _send(bot: ExtBot[Any], sight: CardSnapshot, picture: bytes) -> int | None:
    """Send the card; None if nobody can know whether it arrived. A message before it is taken away."""
    words, held = words_for(sight.language), sight.held
    keys = keyboard(card_rows(sight, words))
    try:
        message: Message = await bot.send_photo(
            held.user_id, picture, caption=caption(sight, words), reply_markup=keys, filename="card.jpg"
        )
    except NetworkError as error:
        if maybe_delivered(error):
            return None
        raise
    if held.message_id is not None:
        with suppress(TelegramError):  # the new one is there
            await bot.delete_message(held.user_id, held.message_id)
    return message.message_id


async def _tell(bot: ExtBot[Any], sight: CardSnapshot) -> int | None:
    """Tell what is news; the number of the message, if there is one and it is known."""
    words = words_for(sight.language)
    told = news(sight, words)
    if told is None:
        return None
    try:
        return await _send_news(bot, sight, told)
    except BadRequest:  # Telegram may have given an effect up
        with suppress(BadRequest):
            return await _send_news(bot, sight, (told[0], None))
    except Forbidden:
        return None
    except NetworkError as error:
        if not maybe_delivered(error):
            raise
    return None


async def _send_news(bot: ExtBot[Any], sight: CardSnapshot, told: tuple[Html, str | None]) -> int:
    (text, effect), label = told, words_for(sight.language).label("💳 Show my card")
    keys = keyboard([[button(label, "mycard", sight.business.id)]])
    message: Message = await bot.send_message(sight.held.user_id, text, reply_markup=keys, message_effect_id=effect)
    return message.message_id


async def take_down(bot: ExtBot[Any], held: HeldCard) -> ShownCard:
    """Take the message of a card out of the chat: its customer was erased. One too old to go is left empty."""
    where: dict[str, Any] = {"chat_id": held.user_id, "message_id": held.message_id}
    with suppress(Forbidden):
        if held.message_id is not None and not await _tried(bot.delete_message, **where):
            await _tried(bot.edit_message_media, InputMediaPhoto(_empty_picture()), **where, api_kwargs=NO_PARSE_MODE)
    return ShownCard(card=held, gone=True)


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
