"""Card messages: the text, picture and buttons of a card in a chat.

Which changes get a message of their own is in `bots/card_news.py`; sending and editing is in `bots/card_delivery.py`;
what the buttons do is in `customers`.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import quote, urlencode

from bots.buttons import Rows, button, link
from bots.words import Html, Words, shortened, words_for
from loyalty_app.customers.card_pictures import CardPicture, first_name
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_app.pictures.card import BROWN
from loyalty_app.words import N_, numbered
from loyalty_core.rewards import Reward
from loyalty_core.views import CardView, main_of

TURN = "turn"
"""The verb of the buttons that turn to another card of the shop."""
LONGEST_TITLE, LONGEST_SHOP = 24, 60
NO_NEW_STAMPS = N_("This card takes no new stamps any more. Its rewards can still be redeemed.")
"""What is said of the card of an archived program."""
SHARE = "https://t.me/share/url?"
"""Telegram's own page that asks to whom a link is sent."""


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
        sign=snapshot.look.sign,
        logo=snapshot.look.logo or b"",
        steps=snapshot.steps,
    )


def caption(snapshot: CardSnapshot, words: Words) -> Html:
    """The text below the picture. It fits into a caption, whatever the names of shop and reward."""
    customer = snapshot.customer
    coming = snapshot.coming
    lines = [
        _head(snapshot, words),
        words.say("{have} of {need} stamps", have=customer.current_stamps, need=customer.stamps_required),
        words.say(NO_NEW_STAMPS)
        if snapshot.program.archived_at
        else words.count(
            "{n} more for: {reward}", "{n} more for: {reward}", coming.stamps_to_go, reward=coming.reward_description
        ),
    ]
    lines += [
        words.say("{title}: <b>{have} of {need}</b>", title=title, have=card.current_stamps, need=card.stamps_required)
        for title, card in _titled(snapshot)
    ]
    if customer.rewards_available:
        n = customer.rewards_available
        lines.append(words.count("🎁 {n} reward is waiting for you", "🎁 {n} rewards are waiting for you", n))
    if not customer.total_visits:
        lines.append(words.say("<i>Show this card whenever you pay.</i>"))
    return Html("\n".join(lines))


def _head(snapshot: CardSnapshot, words: Words) -> Html:
    """The name of the shop, with the title of the shown program if there are other cards."""
    shop = words.say("<b>{shop}</b>", shop=snapshot.business.name)
    if not snapshot.others or snapshot.program.title is None:
        return shop
    return Html("\n".join([shop, words.say("<b>{title}</b>", title=shortened(snapshot.title, LONGEST_TITLE))]))


def _titled(snapshot: CardSnapshot) -> list[tuple[str, CardView]]:
    """The cards beside the shown one with what they are called, short enough for a line and a button."""
    titles = numbered(shortened(card.title or snapshot.business.name, LONGEST_TITLE) for card in snapshot.others)
    return list(zip(titles, snapshot.others, strict=True))


def program_titles(snapshot: CardSnapshot) -> dict[int | None, str]:
    """What the programs are called, by their ids; none where the customer has to do with one alone."""
    alone = all(reward.program_id == snapshot.program.id for reward in (*snapshot.rewards, *snapshot.told_rewards))
    if not snapshot.others and alone:
        return {}
    programs = snapshot.program.all_of_shop
    titles = numbered(shortened(one.title or snapshot.business.name, LONGEST_TITLE) for one in programs)
    return {one.id: title for one, title in zip(programs, titles, strict=True)}


def with_title(line: Html, title: str | None, words: Words) -> Html:
    """A line, and of which program it is, if there are several."""
    return words.say("{line} · {title}", line=line, title=title) if title else line


def dropped_lines(dropped: int, words: Words) -> list[Html]:
    """What becomes of stamps above the goal, if the shop drops them."""
    if not dropped:
        return []
    return [
        words.count(
            "{n} stamp above the goal was not carried over.",
            "{n} stamps above the goal were not carried over.",
            dropped,
        )
    ]


def card_rows(snapshot: CardSnapshot, words: Words) -> Rows:
    """The buttons below a card. Sharing the number is offered here until the first visit, later behind "More"."""
    shop, waiting = snapshot.business.id, snapshot.customer.rewards_available
    rewards = words.label("🎁 Rewards ({n})", n=waiting) if waiting else words.label("🎁 Rewards")
    is_new = snapshot.customer.phone is None and not snapshot.customer.total_visits
    turns = [button(title, TURN, shop, card.program_id) for title, card in _titled(snapshot)]
    return [
        *(turns[place : place + 2] for place in range(0, len(turns), 2)),
        [button(rewards, "myrewards", shop), button(words.label("🕘 History"), "myhistory", shop)],
        [
            *([button(words.label("📱 Use my number"), "myphone", shop)] if is_new else []),
            button(words.label("⋯ More"), "mymore", shop),
        ],
        *friend_rows(snapshot, words),
    ]


def friend_rows(snapshot: CardSnapshot, words: Words) -> Rows:
    """The button that shares the link of a card, where the shop gives something for friends."""
    gift = main_of(snapshot.program).terms.referral
    if snapshot.friend_link is None or gift is None:
        return []
    said = words.plain_count(
        "My stamp card at {shop}. Get yours here, with {n} stamp as a gift from me:",
        "My stamp card at {shop}. Get yours here, with {n} stamps as a gift from me:",
        gift.stamps_for_friend,
        shop=shortened(snapshot.business.name, LONGEST_SHOP),
    )
    asked = urlencode({"url": snapshot.friend_link, "text": said}, quote_via=quote)
    return [[link(words.label("👥 Bring a friend: +{n}", n=gift.stamps_for_referrer), SHARE + asked)]]


def reward_lines(rewards: Iterable[Reward], snapshot: CardSnapshot, words: Words, *, since: bool = False) -> list[Html]:
    """Lines for available rewards, with the date of earning if `since`; equal lines are merged into one.

    They say the program where there are several.
    """
    counts = Counter(_reward_line(reward, snapshot, words, since=since) for reward in rewards)
    return [line if n == 1 else words.say("{n} × {reward}", n=n, reward=line) for line, n in counts.items()]


def _reward_line(reward: Reward, snapshot: CardSnapshot, words: Words, *, since: bool) -> Html:
    line = with_title(_until(reward, snapshot, words), program_titles(snapshot).get(reward.program_id), words)
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
