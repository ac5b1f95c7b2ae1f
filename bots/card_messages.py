"""Card messages: the text, picture and buttons of a card in a chat, and which changes get a message of their own.

Only "one to go" and an earned reward are news, if the shop and the customer want that. Sending and editing is in
`bots/card_delivery.py`; what the buttons do is in `customers`.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from bots.buttons import Rows, button
from bots.words import TEXT, Html, Words, fitted, words_for
from loyalty_app.customers.card_pictures import CardPicture, first_name
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_app.pictures.card import BROWN
from loyalty_core.rewards import Reward

PARTY, FLAME = "5046509860389126442", "5104841245755180586"
"""Telegram's own effects of a message: confetti, and a flame."""

ROOM_FOR_REWARDS = TEXT - 500


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
    """The text below the picture. It fits into a caption, whatever the names of shop and reward."""
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
    """The news since the card was last shown, with its effect; None if there is none.

    A card that went back, because something was undone, is no news.
    """
    customer, card = snapshot.customer, snapshot.card
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
    """The rewards earned since the card was last shown, if they are still available."""
    count = snapshot.customer.rewards_earned - snapshot.card.shown_rewards
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
    """Lines for available rewards, with the date of earning if `since`; equal lines are merged into one."""
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
