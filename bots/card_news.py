"""Card news: which changes of a card get a message of their own, and what each such message says now.

Only "one to go" and an earned reward are news, if the shop and the customer want that. The rules, in words:
- Each is told once. A card that went back, because something was undone, is no news.
- A message that a later change makes untrue (an undo, a reward that ended or was handed out) is edited: it says so.
- What is true again within a day is edited back, and nobody is notified twice; later it is told in a new message.

Sending and editing is in `bots/card_delivery.py`, what is stored in `loyalty_app/chat/card_news.py`.
"""

from collections import Counter
from datetime import datetime

from msgspec.structs import replace

from bots.buttons import Rows, button
from bots.card_messages import dropped_lines, reward_lines
from bots.words import TEXT, Html, Words, fitted
from loyalty_app.chat.card_news import TRUE, UNDONE, CardNews, NewsKind
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_app.customers.shown_cards import CardState
from loyalty_core.rewards import Reward, RewardStatus

PARTY, FLAME = "5046509860389126442", "5104841245755180586"
"""Telegram's own effects of a message: confetti, and a flame."""
EFFECTS = {NewsKind.ONE_TO_GO: FLAME, NewsKind.REWARDS: PARTY}

ROOM_FOR_REWARDS = TEXT - 500


def fresh_news(snapshot: CardSnapshot, told: tuple[CardNews, ...], now: datetime) -> CardNews | None:
    """The news since the card was last shown, not sent yet; None if there is none."""
    customer, card = snapshot.customer, snapshot.card
    if card.muted or not snapshot.business.card_notices:
        return None
    earned = _newly_earned(snapshot)
    before = snapshot.earned if _only_gifts(snapshot) else card.shown_rewards
    if earned:
        kind = NewsKind.REWARDS
    elif (snapshot.earned, snapshot.stamps) > (before, card.shown_stamps) and _is_near(snapshot, snapshot.program.id):
        kind = NewsKind.ONE_TO_GO
    else:
        return None
    news = CardNews(
        kind=kind,
        customer_id=customer.id,
        earned=customer.rewards_earned,
        since=now,
        reward_ids=tuple(reward.id for reward in earned),
        program_id=snapshot.program.id,
        factor=snapshot.factor,
    )
    return None if any(news.is_about_the_same(other) for other in told) else news


def _newly_earned(snapshot: CardSnapshot) -> tuple[Reward, ...]:
    """The rewards earned since the card was last shown, if they are still available. Of gifts others tell."""
    count = snapshot.earned - snapshot.card.shown_rewards
    new = snapshot.rewards[-count:] if count > 0 else ()
    return tuple(reward for reward in new if reward.id not in snapshot.gift_rewards)


def _only_gifts(snapshot: CardSnapshot) -> bool:
    """Whether the rewards since the card was last shown are all gifts: then no card was full in between."""
    new = [reward.id for reward in snapshot.rewards if reward.id in snapshot.gift_rewards]
    return 0 < snapshot.earned - snapshot.card.shown_rewards <= len(new)


def _state(snapshot: CardSnapshot, program_id: int | None) -> CardState | None:
    """The card of a program as it is now."""
    return next((state for state in snapshot.states if state.program_id == program_id), None)


def _is_near(snapshot: CardSnapshot, program_id: int | None) -> bool:
    state = _state(snapshot, program_id)
    return state is not None and state.is_near


def revived(told: tuple[CardNews, ...], snapshot: CardSnapshot, now: datetime) -> tuple[CardNews, ...]:
    """The messages in the chat, as they are to be used from now on.

    A message about an undone reward becomes the message about the one that was earned in its place. One that has been
    untrue for long is not used again, and is left as it is.
    """
    earned = tuple(reward.id for reward in _newly_earned(snapshot))
    return tuple(
        replace(news, reward_ids=earned, factor=snapshot.factor) if earned and _waits_for(news, snapshot) else news
        for news in told
        if not news.is_forgotten(now)
    )


def _waits_for(news: CardNews, snapshot: CardSnapshot) -> bool:
    customer = snapshot.customer
    place = (news.kind, news.customer_id, news.program_id, news.earned)
    now = (NewsKind.REWARDS, customer.id, snapshot.program.id, customer.rewards_earned)
    return news.says == UNDONE and place == now


def says_now(news: CardNews, snapshot: CardSnapshot) -> str:
    """What a message should say now: a word for its text, to compare with `news.says`."""
    if news.kind is NewsKind.ONE_TO_GO:
        return TRUE if _is_or_was_near(news, snapshot) else UNDONE
    statuses = [reward.status for reward in _rewards_of(news, snapshot)]
    if all(status is RewardStatus.AVAILABLE for status in statuses):
        return TRUE
    return UNDONE if set(statuses) == {RewardStatus.VOIDED} else ",".join(statuses)


def _is_or_was_near(news: CardNews, snapshot: CardSnapshot) -> bool:
    """Whether one stamp is missing, or the reward was earned since."""
    state = _state(snapshot, news.program_id)
    if state is None or news.customer_id != snapshot.customer.id or state.earned < news.earned:
        return False
    return state.earned > news.earned or state.is_near


def _rewards_of(news: CardNews, snapshot: CardSnapshot) -> list[Reward]:
    known = {reward.id: reward for reward in (*snapshot.told_rewards, *snapshot.rewards)}
    return [known[reward_id] for reward_id in news.reward_ids if reward_id in known]


def news_text(news: CardNews, snapshot: CardSnapshot, words: Words) -> Html:
    """The text of a message, as the card is now."""
    now, shop = says_now(news, snapshot), snapshot.business.name
    if now == UNDONE:
        return words.say("↩️ A stamp was taken back at <b>{shop}</b>. Your card shows how many you have now.", shop=shop)
    if news.kind is NewsKind.ONE_TO_GO:
        state = _state(snapshot, news.program_id)
        reward = state.reward if state else snapshot.program.terms.reward_description
        near = words.say("🔥 One stamp to go at <b>{shop}</b>!\nThen it is yours: {reward}", shop=shop, reward=reward)
        return Html("\n".join([near, *_factor_lines(news, words)]))
    rewards = _rewards_of(news, snapshot)
    return _earned_text(news, rewards, snapshot, words) if now == TRUE else _settled_text(rewards, snapshot, words)


def _factor_lines(news: CardNews, words: Words) -> list[Html]:
    """What is said of a stamp that counted more than once."""
    match news.factor:
        case 1:
            return []
        case 2:
            return [words.say("⏰ Doubled: bonus hours")]
        case _:
            return [words.say("⏰ Tripled: bonus hours")]


def _earned_text(news: CardNews, earned: list[Reward], snapshot: CardSnapshot, words: Words) -> Html:
    head = words.count(
        "🎉 Your card at <b>{shop}</b> is full! Your reward:",
        "🎉 You have earned {n} rewards at <b>{shop}</b>:",
        len(earned),
        shop=snapshot.business.name,
    )
    if len(earned) == 1 and snapshot.steps:  # it may be that of a step: the card need not be full
        head = words.say("🎉 You have earned a reward at <b>{shop}</b>:", shop=snapshot.business.name)
    text = fitted(head, reward_lines(earned, snapshot, words), most=ROOM_FOR_REWARDS)
    last = [
        *_factor_lines(news, words),
        *dropped_lines(snapshot.dropped, words),
        words.say("Show your card when you want it."),
    ]
    return Html("\n".join([text, *last]))


def _settled_text(rewards: list[Reward], snapshot: CardSnapshot, words: Words) -> Html:
    """The text about rewards of which some were handed out, have ended or were undone."""
    head = words.say("<b>{shop}</b>", shop=snapshot.business.name)
    waiting = [reward for reward in rewards if reward.status is RewardStatus.AVAILABLE]
    settled = Counter(_settled_line(reward, words) for reward in rewards if reward not in waiting)
    lines = [line if n == 1 else words.say("{n} × {reward}", n=n, reward=line) for line, n in settled.items()]
    text = fitted(head, [*lines, *reward_lines(waiting, snapshot, words)], most=ROOM_FOR_REWARDS)
    return Html(f"{text}\n{words.say('Show your card when you want it.')}") if waiting else text


def _settled_line(reward: Reward, words: Words) -> Html:
    match reward.status:
        case RewardStatus.REDEEMED:
            return words.say("✅ Handed out: {reward}", reward=reward.description)
        case RewardStatus.EXPIRED:
            return words.say("⌛ Expired: {reward}", reward=reward.description)
        case _:
            return words.say("↩️ Taken back: {reward}", reward=reward.description)


def news_rows(snapshot: CardSnapshot, words: Words) -> Rows:
    """The button below a message: it brings the card down."""
    return [[button(words.label("💳 Show my card"), "mycard", snapshot.business.id)]]
