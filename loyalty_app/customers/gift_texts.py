"""Texts of gifts, for the chat that sends them and the desk that shows them before: birthdays, friends, absence.

Each is HTML as Telegram reads it, in the language of its reader: the customer in the chat, the owner at the desk. A
reward that has an end names its last day, by the clock of the shop. When they are sent, and to whom, is not known here;
the buttons below them are the chat's.
"""

from datetime import datetime, timedelta

from loyalty_app.shops.businesses import Business
from loyalty_app.words import Html, Words
from loyalty_core.gifts import BirthdayGift
from loyalty_core.programs import expiry


def win_back_text(gift: BirthdayGift, shop: Business, words: Words, now: datetime) -> Html:
    """What somebody reads who is away for long and gets this gift now; `now` is by the clock of the shop."""
    reward = gift.reward_description if isinstance(gift.reward_description, str) else None
    return missed_text(words, shop, gift.given_stamps, reward, expires_at=expiry(gift.days, now))


def missed_text(words: Words, shop: Business, stamps: int, reward: str | None, *, expires_at: datetime | None) -> Html:
    """That a shop has missed somebody: with some stamps, or with a reward and its last day."""
    if reward is None:
        head = words.count(
            "☀️ <b>{shop}</b> has missed you! {n} stamp is a gift for you.",
            "☀️ <b>{shop}</b> has missed you! {n} stamps are a gift for you.",
            stamps,
            shop=shop.name,
        )
        return Html(f"{head}\n{words.say('They are on your card already.')}")
    lines = [words.say("☀️ <b>{shop}</b> has missed you! A gift for you: {reward}", shop=shop.name, reward=reward)]
    if expires_at is not None:
        last_day = expires_at.astimezone(shop.zone) - timedelta(seconds=1)
        lines.append(words.say("It is yours until {date}.", date=words.date(last_day)))
    return Html("\n".join([*lines, words.say("Show your card when you want it.")]))


def birthday_text(words: Words, shop: Business, stamps: int, reward: str | None) -> Html:
    """What somebody reads who has their birthday: some stamps, or a reward."""
    if reward is None:
        head = words.count(
            "🎂 Happy birthday from <b>{shop}</b>! {n} stamp is a gift for you.",
            "🎂 Happy birthday from <b>{shop}</b>! {n} stamps are a gift for you.",
            stamps,
            shop=shop.name,
        )
        return Html(f"{head}\n{words.say('They are on your card already.')}")
    head = words.say("🎂 Happy birthday from <b>{shop}</b>! A gift for you: {reward}", shop=shop.name, reward=reward)
    return Html(f"{head}\n{words.say('Show your card when you want it.')}")


def welcome_text(words: Words, shop: Business, stamps: int) -> Html:
    """What somebody reads who was brought along by a friend."""
    return words.count(
        "👋 A friend brought you to <b>{shop}</b>: {n} stamp is on your card to begin with.",
        "👋 A friend brought you to <b>{shop}</b>: {n} stamps are on your card to begin with.",
        stamps,
        shop=shop.name,
    )


def thanks_text(words: Words, shop: Business, stamps: int) -> Html:
    """What somebody reads whose friend came for the first time."""
    head = words.count(
        "👥 A friend of yours came to <b>{shop}</b>! {n} stamp is a gift for you.",
        "👥 A friend of yours came to <b>{shop}</b>! {n} stamps are a gift for you.",
        stamps,
        shop=shop.name,
    )
    return Html(f"{head}\n{words.say('They are on your card already.')}")
