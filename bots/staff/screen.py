"""The screen of the staff: one customer, and what can be done for them. One message, edited in place.

The staff see the first name, the stamps, the rewards that wait and the last visit, and nothing more.
"""

from datetime import datetime

import msgspec
from telegram import InlineKeyboardButton

from bots.buttons import GOOD, MAIN, SECOND_TAP_SECONDS, Rows, button, new_nonce, read_press
from bots.replies import reply
from bots.staff.shift import Shift
from bots.turn import Turn
from bots.words import Html, Words
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.customers.staff_view import StaffView, look_at
from loyalty_core.errors import CustomerNotFound, NotOnStaff
from loyalty_core.ledger import Entry, EntryType

MOST_SYMBOLS = 20
FULL, EMPTY = "●", "○"
FEW, MANY = range(2, 6), range(6, 11)
LONGEST_LABEL = 32
LIST = "cards"
"""The verb of the button that leads back to the list of the cards in a picture."""


class StaffScreen(msgspec.Struct, frozen=True, kw_only=True):
    """All that the screen is made of, as it was at one moment, which is told by the shop's clock."""

    shift: Shift
    visit: StaffView
    words: Words
    now: datetime

    @property
    def name(self) -> str:
        """The customer's first name."""
        return first_name(self.visit.name)

    def data(self, *more: object) -> tuple[object, ...]:
        """What each button brings back: the shop, the customer, and what is added."""
        return (self.shift.position.business.id, self.visit.customer_id, *more)


async def look(turn: Turn, shift: Shift, customer_id: int) -> StaffScreen:
    """See how a customer's card is now. Raises CustomerNotFound."""
    position, now = shift.position, turn.now(shift.position.business)
    visit = await turn.read(
        lambda connection: look_at(connection, position.business, customer_id, by=position.actor, now=now)
    )
    return StaffScreen(shift=shift, visit=visit, words=turn.words, now=now)


async def show(
    turn: Turn, shift: Shift, customer_id: int, *, told: Html | None = None, all_amounts: bool = False
) -> None:
    """Show a customer as they are now, below what has just been done."""
    try:
        sight = await look(turn, shift, customer_id)
    except CustomerNotFound as refusal:
        await turn.screen(turn.words.say("{text}", text=reply(turn.words, refusal, turn.now())))
        return
    # A screen that was opened can be pressed at once; one that shows a deed has its buttons where a finger just was.
    nonce = new_nonce() if told else new_nonce(ago=SECOND_TAP_SECONDS)
    await turn.screen(text_of(sight, told), rows_of(sight, nonce, back=way_back(turn), all_amounts=all_amounts))


async def turn_away(turn: Turn) -> None:
    """Show nothing to somebody who does not work there, whether they never did or do no more, on what they pressed."""
    said = reply(turn.words, NotOnStaff(), turn.now())
    await turn.toast(said, alert=True)
    if turn.pressed_id is not None:
        await turn.edit(turn.pressed_id, turn.words.say("{text}", text=said))


def text_of(sight: StaffScreen, told: Html | None) -> Html:
    """What the screen says."""
    words, visit, shop = sight.words, sight.visit, sight.shift.position.business
    lines = [
        *([told, Html("")] if told else []),
        words.say("<b>{name}</b> · {shop}", name=sight.name, shop=shop.name),
        words.say("{symbols}  {have} of {need}", symbols=symbols(visit), have=visit.stamps, need=visit.goal),
        *_waiting(sight),
        _last_visit(sight),
        Html(""),
        words.say("<i>Next customer: scan their card, send a photo of it, or type its code.</i>"),
    ]
    return Html("\n".join(lines))


def symbols(visit: StaffView) -> str:
    """The stamps as little signs; a card with more than twenty becomes a bar of twenty."""
    length = min(visit.goal, MOST_SYMBOLS)
    full = visit.stamps * length // visit.goal
    return FULL * full + EMPTY * (length - full)


def _waiting(sight: StaffScreen) -> list[Html]:
    rewards, words = sight.visit.rewards, sight.words
    if not rewards:
        return []
    if len(rewards) == 1:
        return [words.say("🎁 Waiting: <b>{reward}</b>", reward=rewards[0].description)]
    return [words.count("🎁 <b>{n} reward</b> is waiting", "🎁 <b>{n} rewards</b> are waiting", len(rewards))]


def _last_visit(sight: StaffScreen) -> Html:
    at = sight.visit.last_at
    if at is None:
        return sight.words.say("🕘 First visit")
    moment = sight.words.moment(at.astimezone(sight.now.tzinfo), sight.now)
    return sight.words.say("🕘 Last visit: {moment}", moment=moment)


def rows_of(sight: StaffScreen, nonce: str, *, back: Rows, all_amounts: bool = False) -> Rows:
    """What can be pressed; all that writes shares one nonce, so that one screen does one thing once."""
    words = sight.words

    def add(count: int, look: str | None = None) -> InlineKeyboardButton:
        return button(words.label("+{n}", n=count), "stamp", *sight.data(nonce, count), look=look)

    more = button(words.label("6–10 …"), "amounts", *sight.data())
    return [
        [add(1, GOOD)],
        [button(words.label("🎁 Redeem"), "hand", *sight.data(), look=MAIN)] if sight.visit.rewards else [],
        [add(count) for count in FEW],
        [add(count) for count in MANY] if all_amounts else [more],
        _undo(sight, nonce),
        _branch(sight),
        *back,
    ]


def _undo(sight: StaffScreen, nonce: str) -> list[InlineKeyboardButton]:
    entry = sight.visit.undoable
    return [button(undo_label(sight.words, entry), "undo", *sight.data(nonce, entry.id, entry.stamps))] if entry else []


def undo_label(words: Words, entry: Entry) -> str:
    """What the button says that undoes an entry."""
    if entry.type is EntryType.STAMP:
        return words.label("↩️ Undo {amount}", amount=f"+{words.number(entry.stamps)}")
    return words.label("↩️ Undo the reward")


def _branch(sight: StaffScreen) -> list[InlineKeyboardButton]:
    branch, words = sight.shift.branch, sight.words
    if len(sight.shift.branches) <= 1:
        return []
    label = words.label("📍 {branch}", branch=short(branch.name)) if branch else words.label("📍 Where are you?")
    return [button(label, "branches", *sight.data())]


def short(text: str) -> str:
    """A text that fits onto a button."""
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1].rstrip() + "…"


def way_back(turn: Turn) -> Rows:
    """The way back to a list of cards, if the pressed message has one: so each next screen keeps it."""
    query = turn.came.callback_query
    keyboard = getattr(query.message, "reply_markup", None) if query else None
    data = [str(each.callback_data) for row in keyboard.inline_keyboard for each in row] if keyboard else []
    found = next((press for press in map(read_press, data) if press.verb == LIST), None)
    return [[button(turn.words.label("⬅️ All cards of the picture"), LIST, *found.args)]] if found else []
