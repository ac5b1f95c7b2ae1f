"""The staff's screen: one customer, and what can be done for them. One message, edited in place.

The staff see the first name, the stamps, the available rewards and the last visit, and nothing more.
"""

from datetime import datetime
from typing import NamedTuple

import msgspec
from telegram import InlineKeyboardButton

from bots.buttons import GOOD, MAIN, SECOND_TAP_SECONDS, Arg, Rows, button, new_nonce, read_press
from bots.staff.program_buttons import AMOUNTS, FEW, HALF_A_ROW, MANY, card_lines, short_titles, stamp_rows
from bots.staff.scanner import scanner_row
from bots.staff.shift import Shift
from bots.staff.shown_code import how_in
from bots.turn import Turn
from bots.words import Html, Words, reply
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.customers.staff_view import StaffView, look_at
from loyalty_core.access import Role
from loyalty_core.errors import CustomerNotFound, NotOnStaff
from loyalty_core.fields import CustomerId
from loyalty_core.ledger import Entry, EntryType
from loyalty_core.programs import CardCodes
from loyalty_core.views import program_number

MOST_SYMBOLS = 20
FULL, EMPTY = "●", "○"
LONGEST_LABEL = 32
IN_A_ROW = 5
PARTS = "parts"
"""The verb of the button that shows the parts in which something can be undone."""
LIST = "cards"
"""The verb of the button that leads back to the list of the cards in a picture."""


class Unfolded(NamedTuple):
    """What a screen shows more of: the verb of the pressed button, and the program or entry that it named, or 0."""

    verb: str
    number: int = 0


CLOSED = Unfolded("")


class StaffScreen(msgspec.Struct, frozen=True, kw_only=True):
    """All that the screen shows, as of one moment; `now` is that moment, by the shop's clock."""

    shift: Shift
    view: StaffView
    words: Words
    now: datetime
    how: str = ""
    """How the card was shown, for the buttons (`shown_code`)."""

    @property
    def name(self) -> str:
        """The customer's first name; earlier releases took names of which nothing can be seen."""
        return first_name(self.view.name) or self.words.plain("Guest")

    def data(self, *more: Arg) -> tuple[Arg, ...]:
        """The data of each button: the shop, the customer, what is added, and how the card was shown."""
        return (self.shift.position.business.id, self.view.customer_id, *more, *filter(None, [self.how]))


async def look(turn: Turn, shift: Shift, customer_id: CustomerId, how: str | None = None) -> StaffScreen:
    """Read the present state of a customer's card; `how` it was shown is as the pressed button says, unless given.

    Raises CustomerNotFound.
    """
    position, now = shift.position, turn.now(shift.position.business)
    view = await turn.read(
        lambda connection: look_at(connection, position.business, customer_id, by=position.actor, now=now)
    )
    found_by = how_in(turn.press) if how is None else how
    kept = "" if view.card_codes is CardCodes.FIXED else found_by
    return StaffScreen(shift=shift, view=view, words=turn.words, now=now, how=kept)


async def show(
    turn: Turn,
    shift: Shift,
    customer_id: CustomerId,
    *,
    headline: Html | None = None,
    more: Unfolded = CLOSED,
    how: str | None = None,
) -> None:
    """Show a customer as they are now, below a headline that says what was just done.

    `more` is what was pressed for more amounts, or for a part to undo.
    """
    try:
        screen = await look(turn, shift, customer_id, how)
    except CustomerNotFound as refusal:
        await turn.screen(turn.words.say("{text}", text=reply(turn.words, refusal, turn.now())))
        return
    # A screen that was opened can be pressed at once. After a deed, a button is where a finger just was.
    nonce = new_nonce() if headline else new_nonce(ago=SECOND_TAP_SECONDS)
    await turn.screen(
        text_of(screen, headline),
        rows_of(screen, nonce, back=[scanner_row(turn), *way_back(turn)], more=more),
    )


async def turn_away(turn: Turn) -> None:
    """Tell people who do not work there (any more) so, in place of what they pressed."""
    said = reply(turn.words, NotOnStaff(), turn.now())
    await turn.toast(said, alert=True)
    if turn.pressed_id is not None:
        await turn.edit(turn.pressed_id, turn.words.say("{text}", text=said))


def text_of(screen: StaffScreen, headline: Html | None) -> Html:
    """The text of the screen."""
    words, shop = screen.words, screen.shift.position.business
    lines = [
        *([headline, Html("")] if headline else []),
        words.say("<b>{name}</b> · {shop}", name=screen.name, shop=shop.name),
        *state_lines(screen),
        Html(""),
        words.say("<i>Next customer: scan their card, send a photo of it, or type its code.</i>"),
    ]
    return Html("\n".join(lines))


def state_lines(screen: StaffScreen) -> list[Html]:
    """What the screen says of a card: its stamps, the rewards that wait, and the last visit."""
    return [*_stamps(screen), *_waiting(screen), _last_visit(screen)]


def _stamps(screen: StaffScreen) -> list[Html]:
    words, view = screen.words, screen.view
    if view.cards:
        return card_lines(words, view.cards)
    return [words.say("{symbols}  {have} of {need}", symbols=symbols(view), have=view.stamps, need=view.goal)]


def symbols(view: StaffView) -> str:
    """The stamps as symbols; a card with more than twenty becomes a bar of twenty."""
    length = min(view.goal, MOST_SYMBOLS)
    full = view.stamps * length // view.goal
    return FULL * full + EMPTY * (length - full)


def _waiting(screen: StaffScreen) -> list[Html]:
    rewards, words = screen.view.rewards, screen.words
    if not rewards:
        return []
    if len(rewards) == 1:
        return [words.say("🎁 Waiting: <b>{reward}</b>", reward=rewards[0].description)]
    return [words.count("🎁 <b>{n} reward</b> is waiting", "🎁 <b>{n} rewards</b> are waiting", len(rewards))]


def _last_visit(screen: StaffScreen) -> Html:
    at = screen.view.last_at
    if at is None:
        return screen.words.say("🕘 First visit")
    moment = screen.words.moment(at.astimezone(screen.now.tzinfo), screen.now)
    return screen.words.say("🕘 Last visit: {moment}", moment=moment)


def rows_of(screen: StaffScreen, nonce: str, *, back: Rows, more: Unfolded = CLOSED) -> Rows:
    """The buttons of the screen. All that write share one nonce, so that one screen does one thing once."""
    words = screen.words
    redeem = [button(words.label("🎁 Redeem"), "hand", *screen.data(), look=MAIN)] if screen.view.rewards else []
    return [
        *_stamp_rows(screen, nonce, redeem, more),
        *_undo(screen, nonce, more),
        _branch(screen),
        _merge(screen),
        *back,
    ]


def _stamp_rows(screen: StaffScreen, nonce: str, redeem: list[InlineKeyboardButton], more: Unfolded) -> Rows:
    """[+1], [Redeem] and the other amounts; with several programs [+1] of each."""
    words, cards = screen.words, screen.view.cards
    if cards:
        opened = more.number if more.verb == AMOUNTS else None
        return [*stamp_rows(words, cards, screen.data, nonce, opened=opened), redeem]

    def add(count: int, look: str | None = None) -> InlineKeyboardButton:
        return button(words.plus(count), "stamp", *screen.data(nonce, count), look=look)

    offered = button(words.label("6–10 …"), AMOUNTS, *screen.data())
    rest = [add(count) for count in MANY] if more.verb == AMOUNTS else [offered]
    return [[add(1, GOOD)], redeem, [add(count) for count in FEW], rest]


def _undo(screen: StaffScreen, nonce: str, more: Unfolded) -> Rows:
    """[Undo] for the newest entry, in a shop with several programs for that of each."""
    view = screen.view
    entries = view.undoables if view.cards else view.undoables[:1]
    parts_of = entries[:1] if more.verb == PARTS and not more.number else ()
    rows: Rows = []
    for entry in entries:
        parts = entry in parts_of or (more.verb == PARTS and more.number == entry.id)
        rows += _undo_entry(screen, nonce, entry, parts=parts)
    return rows


def _undo_entry(screen: StaffScreen, nonce: str, entry: Entry, *, parts: bool) -> Rows:
    """[Undo], and where it gave several stamps a way to undo only some of them."""
    words = screen.words
    whole = button(_whole_label(screen, entry), "undo", *screen.data(nonce, entry.id, entry.stamps))
    if entry.type is not EntryType.STAMP or entry.stamps < 2:  # noqa: PLR2004  # one stamp has no parts
        return [[whole]]
    if not parts:
        of = (entry.id,) if screen.view.cards else ()
        return [[whole, button(words.label("↩️ Undo a part …"), PARTS, *screen.data(*of))]]
    fewer = [
        button(words.minus(count), "part", *screen.data(nonce, entry.id, count)) for count in range(1, entry.stamps)
    ]
    return [[whole], *(fewer[place : place + IN_A_ROW] for place in range(0, len(fewer), IN_A_ROW))]


def _whole_label(screen: StaffScreen, entry: Entry) -> str:
    """The label of [Undo], with the title of the program if there are several."""
    words, number = screen.words, program_number(entry.business_id, entry.program_id)
    label, title = undo_label(words, entry), short_titles(screen.view.cards, HALF_A_ROW).get(number)
    return label if title is None else words.label("{label} · {title}", label=label, title=title)


def undo_label(words: Words, entry: Entry) -> str:
    """The label of the button that undoes an entry."""
    if entry.type is EntryType.STAMP:
        return words.label("↩️ Undo {amount}", amount=words.plus(entry.stamps))
    return words.label("↩️ Undo the reward")


def _merge(screen: StaffScreen) -> list[InlineKeyboardButton]:
    if screen.shift.position.actor.role not in {Role.MANAGER, Role.OWNER}:
        return []
    return [button(screen.words.label("🔗 Merge with another card"), "merge", *screen.data())]


def _branch(screen: StaffScreen) -> list[InlineKeyboardButton]:
    branch, words = screen.shift.branch, screen.words
    if len(screen.shift.branches) <= 1:
        return []
    label = words.label("📍 {branch}", branch=short(branch.name)) if branch else words.label("📍 Where are you?")
    return [button(label, "branches", *screen.data())]


def short(text: str) -> str:
    """A text that fits onto a button."""
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1].rstrip() + "…"


def way_back(turn: Turn) -> Rows:
    """The button back to a list of cards, if the pressed message has one: so each next screen keeps it."""
    query = turn.incoming.callback_query
    keyboard = getattr(query.message, "reply_markup", None) if query else None
    data = [str(each.callback_data) for row in keyboard.inline_keyboard for each in row] if keyboard else []
    list_press = next((press for press in map(read_press, data) if press.verb == LIST), None)
    if list_press is None:
        return []
    return [[button(turn.words.label("⬅️ All cards of the picture"), LIST, *list_press.args)]]
