"""The card: the text below its picture, and what its buttons show there.

Sending cards is in `bots/card_delivery.py`.
"""

from collections.abc import Iterator
from datetime import datetime

from bots.card_messages import NO_NEW_STAMPS, TURN, caption, card_rows, program_titles, reward_lines, with_title
from bots.customers.own_cards import back_row, draw_over, pressed_card, turn_over
from bots.turn import Turn
from bots.words import CAPTION, N_, Html, Words, fitted
from loyalty_app.chat.chats import ChatChange
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_app.customers.personal_data import Deed, last_deeds
from loyalty_core.ledger import EntryType, Gift
from loyalty_core.views import NextReward, program_named

OCCASIONS = {
    Gift.BIRTHDAY: N_("a birthday"),
    Gift.WIN_BACK: N_("coming back"),
}
"""The occasions of gifts that have no sentence of their own."""


async def show_front(turn: Turn) -> None:
    """Show the card's front again; if a screen or news was pressed, bring the card down."""
    snapshot = await pressed_card(turn)
    if snapshot is None:
        return
    if turn.pressed_id != snapshot.card.message_id and turn.pressed_id == turn.chat.screen_id:
        await _take_screen_away(turn)
    await _show_front(turn, snapshot)


async def turn_to(turn: Turn) -> None:
    """Turn to the card of another program: shop, the number of the program. It is shown until the next stamp."""
    snapshot = await pressed_card(turn, turn.press.program(1))
    if snapshot is not None:
        await _show_front(turn, snapshot)


async def _show_front(turn: Turn, snapshot: CardSnapshot) -> None:
    """Where there are several cards, the picture may be of another one."""
    over = draw_over if snapshot.others else turn_over
    await over(turn, snapshot, caption(snapshot, turn.words), card_rows(snapshot, turn.words))


async def _take_screen_away(turn: Turn) -> None:
    if turn.pressed_id is not None:
        await turn.remove(turn.pressed_id)
        turn.note(ChatChange(screen_id=None))


async def show_rewards(turn: Turn) -> None:
    """Show the available rewards of this card: what, since when, until when."""
    snapshot = await pressed_card(turn)
    if snapshot is not None:
        await turn_over(turn, snapshot, rewards_text(snapshot, turn.words), back_row(turn, snapshot))


def rewards_text(snapshot: CardSnapshot, words: Words) -> Html:
    """The available rewards, or what is still missing."""
    head = words.say("🎁 <b>Rewards at {shop}</b>", shop=snapshot.business.name)
    return fitted(Html(f"{head}\n"), waiting_lines(snapshot, words), most=CAPTION)


def waiting_lines(snapshot: CardSnapshot, words: Words) -> list[Html]:
    """One line for each kind of available reward; without any, what is still missing on each card."""
    if snapshot.rewards:
        return reward_lines(snapshot.rewards, snapshot, words, since=True)
    titles = program_titles(snapshot)
    lines = [with_title(_missing(one, words), titles.get(program), words) for program, one in _coming(snapshot)]
    return lines or [words.say(NO_NEW_STAMPS)]


def _coming(snapshot: CardSnapshot) -> Iterator[tuple[int | None, NextReward]]:
    """What each card earns next, the shown one's first, with its program."""
    if snapshot.program.archived_at is None:
        yield snapshot.program.id, snapshot.coming
    for card in snapshot.others:
        if card.next_reward is not None:
            yield program_named(snapshot.business.id, card.program_id), card.next_reward


def _missing(coming: NextReward, words: Words) -> Html:
    return words.count(
        "None yet: {n} stamp to go for {reward}",
        "None yet: {n} stamps to go for {reward}",
        coming.stamps_to_go,
        reward=coming.reward_description,
    )


async def show_history(turn: Turn) -> None:
    """Show the last ten entries of this card; undone ones are struck out."""
    snapshot = await pressed_card(turn)
    if snapshot is None:
        return
    shop, customer_id = snapshot.business, snapshot.customer.id
    deeds = await turn.read(lambda connection: last_deeds(connection, shop.id, customer_id))
    await turn_over(turn, snapshot, history_text(snapshot, deeds, turn.now(shop), turn.words), back_row(turn, snapshot))


def history_text(snapshot: CardSnapshot, deeds: list[Deed], now: datetime, words: Words) -> Html:
    """The entries of all cards, the newest first, with times relative to `now` in the shop's time zone."""
    head = words.say("🕘 <b>History at {shop}</b>", shop=snapshot.business.name)
    titles = program_titles(snapshot)
    lines = [_deed_line(deed, now, words, titles.get(deed.entry.program_id)) for deed in deeds]
    nothing = words.say("Nothing yet. Your first stamp will be here.")
    return fitted(Html(f"{head}\n"), lines or [nothing], most=CAPTION)


def _deed_line(deed: Deed, now: datetime, words: Words, title: str | None) -> Html:
    told = _told(deed, words.moment(deed.entry.occurred_at.astimezone(now.tzinfo), now), words)
    line = with_title(told, title, words)
    if deed.entry.voided_by is None:
        return line
    return Html(f"<s>{line}</s> {words.say('undone')}")


def _told(deed: Deed, when: str, words: Words) -> Html:
    n = deed.entry.stamps
    if deed.entry.occasion is not None:
        return _gift_told(deed, when, words)
    match deed.entry.type:
        case EntryType.REDEEM:
            return words.say("{time}: 🎁 redeemed: {reward}", time=when, reward=deed.reward or "")
        case EntryType.EXPIRE:
            return words.say("{time}: expired: {reward}", time=when, reward=deed.reward or "")
        case EntryType.IMPORT:
            return words.count("{time}: {n} stamp brought along", "{time}: {n} stamps brought along", n, time=when)
        case _:
            return words.count("{time}: {n} stamp", "{time}: {n} stamps", n, time=when)


def _gift_told(deed: Deed, when: str, words: Words) -> Html:
    n, gift = deed.entry.stamps, deed.entry.stamps - deed.entry.asked_stamps
    if deed.entry.occasion is Gift.HEAD_START:
        return words.count(
            "{time}: {n} stamp as a gift, to begin with", "{time}: {n} stamps as a gift, to begin with", n, time=when
        )
    if deed.entry.occasion is Gift.BONUS_HOURS:
        return words.count(
            "{time}: {n} stamp, {gift} as a gift: bonus hours",
            "{time}: {n} stamps, {gift} as a gift: bonus hours",
            n,
            time=when,
            gift=gift,
        )
    if deed.entry.is_thanks:
        return words.count(
            "{time}: {n} stamp as a gift: a friend of yours came",
            "{time}: {n} stamps as a gift: a friend of yours came",
            n,
            time=when,
        )
    if deed.entry.is_welcome:
        return words.count(
            "{time}: {n} stamp as a gift: a friend brought you",
            "{time}: {n} stamps as a gift: a friend brought you",
            n,
            time=when,
        )
    if deed.entry.is_reward:
        line = words.say("{time}: 🎁 a gift: {reward}", time=when, reward=deed.reward or "")
    else:
        line = words.count("{time}: {n} stamp as a gift", "{time}: {n} stamps as a gift", n, time=when)
    why = OCCASIONS.get(deed.entry.occasion) if deed.entry.occasion else None
    return words.say("{line} ({occasion})", line=line, occasion=words.plain(why)) if why else line


PRESSES = {"mycard": show_front, TURN: turn_to, "myrewards": show_rewards, "myhistory": show_history}
