"""The card: what stands below its picture, and what its buttons turn it over to."""

from datetime import datetime

from bots.card_messages import caption, card_rows, reward_lines
from bots.customers.own_cards import back_row, pressed_card, turn_over
from bots.text_limits import CAPTION, fitted
from bots.turn import Turn
from bots.words import Html, Words
from loyalty_app.chat.chats import ChatChange
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_app.customers.personal_data import Deed, last_deeds
from loyalty_core.ledger import EntryType


async def show_front(turn: Turn) -> None:
    """Turn the card back to its front; from a screen or from news, bring it down."""
    sight = await pressed_card(turn)
    if sight is None:
        return
    if turn.pressed_id != sight.held.message_id and turn.pressed_id == turn.chat.screen_id:
        await _take_screen_away(turn)
    await turn_over(turn, sight, caption(sight, turn.words), card_rows(sight, turn.words))


async def _take_screen_away(turn: Turn) -> None:
    if turn.pressed_id is not None:
        await turn.remove(turn.pressed_id)
        turn.note(ChatChange(screen_id=None))


async def show_rewards(turn: Turn) -> None:
    """The rewards that wait on this card: what, since when, until when."""
    sight = await pressed_card(turn)
    if sight is not None:
        await turn_over(turn, sight, rewards_text(sight, turn.words), back_row(turn, sight))


def rewards_text(sight: CardSnapshot, words: Words) -> Html:
    """The rewards that wait, or what is still missing."""
    head = words.say("🎁 <b>Rewards at {shop}</b>", shop=sight.business.name)
    return fitted(Html(f"{head}\n"), waiting_lines(sight, words), most=CAPTION)


def waiting_lines(sight: CardSnapshot, words: Words) -> list[Html]:
    """The rewards that wait, one after the other; without any, what is still missing."""
    if not sight.rewards:
        left = sight.customer.stamps_required - sight.customer.current_stamps
        reward = sight.program.terms.reward_description
        return [
            words.count(
                "None yet: {n} stamp to go for {reward}", "None yet: {n} stamps to go for {reward}", left, reward=reward
            )
        ]
    return reward_lines(sight.rewards, sight, words, since=True)


async def show_history(turn: Turn) -> None:
    """The last ten things that were done to this card; what was undone is struck out."""
    sight = await pressed_card(turn)
    if sight is None:
        return
    shop, customer_id = sight.business, sight.customer.id
    deeds = await turn.read(lambda connection: last_deeds(connection, shop.id, customer_id))
    await turn_over(turn, sight, history_text(sight, deeds, turn.now(shop), turn.words), back_row(turn, sight))


def history_text(sight: CardSnapshot, deeds: list[Deed], now: datetime, words: Words) -> Html:
    """What was done to a card, the newest first, told at `now` by the shop's clock."""
    head = words.say("🕘 <b>History at {shop}</b>", shop=sight.business.name)
    lines = [_deed_line(deed, now, words) for deed in deeds]
    nothing = words.say("Nothing yet. Your first stamp will be here.")
    return fitted(Html(f"{head}\n"), lines or [nothing], most=CAPTION)


def _deed_line(deed: Deed, now: datetime, words: Words) -> Html:
    line = _told(deed, words.moment(deed.entry.occurred_at.astimezone(now.tzinfo), now), words)
    if deed.entry.voided_by is None:
        return line
    return Html(f"<s>{line}</s> {words.say('undone')}")


def _told(deed: Deed, when: str, words: Words) -> Html:
    n = deed.entry.stamps
    match deed.entry.type:
        case EntryType.REDEEM:
            return words.say("{time}: 🎁 redeemed: {reward}", time=when, reward=deed.reward or "")
        case EntryType.EXPIRE:
            return words.say("{time}: expired: {reward}", time=when, reward=deed.reward or "")
        case EntryType.IMPORT:
            return words.count("{time}: {n} stamp brought along", "{time}: {n} stamps brought along", n, time=when)
        case _:
            return words.count("{time}: {n} stamp", "{time}: {n} stamps", n, time=when)


PRESSES = {"mycard": show_front, "myrewards": show_rewards, "myhistory": show_history}
