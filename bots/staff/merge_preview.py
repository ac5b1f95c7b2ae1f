"""Merge preview: two cards that may be of one person, side by side, before a manager makes them one.

Staff who began it by hand come here (`merging`), and staff who were told that a phone number is on both
(`notice_texts`), or typed it. Nothing is decided here: the counter does that once it is confirmed.
"""

from collections.abc import Sequence

from bots.buttons import MAIN, Rows, button, new_nonce
from bots.rights import own_position
from bots.staff.screen import StaffScreen, look, state_lines, turn_away
from bots.staff.shift import Shift, find_shift
from bots.turn import Turn
from bots.words import Html, Words
from loyalty_app.chat.chats import ChatChange
from loyalty_core.access import Role
from loyalty_core.customers import Customer
from loyalty_core.errors import MergeBar, MergeRefused
from loyalty_core.fields import BusinessId, CustomerId

END_LETTERS = 4


async def find_managing(turn: Turn, business_id: BusinessId) -> Shift | None:
    """The manager at work there; None if they were told that they do not work there. Raises RoleRequired."""
    await own_position(turn, business_id, Role.MANAGER)
    shift = await find_shift(turn, business_id)
    if shift is None:
        await turn_away(turn)
    return shift


async def press_both(turn: Turn) -> None:
    """[Look at both cards]: shop, the customer who stays, the other. Raises what `show_both` raises, RoleRequired."""
    shift = await find_managing(turn, turn.press.business_id)
    if shift is not None:
        await show_both(turn, shift, turn.press.customer_id, CustomerId(turn.press.number(2)))


async def show_both(turn: Turn, shift: Shift, first_id: CustomerId, other_id: CustomerId) -> None:
    """Show two cards, and ask whether they become one. Raises CustomerNotFound, MergeRefused if they are one."""
    turn.note(ChatChange(draft=None))
    words, first, other = turn.words, await look(turn, shift, first_id, ""), await look(turn, shift, other_id, "")
    if first.view.customer_id == other.view.customer_id:
        raise MergeRefused("These two are one customer already.", MergeBar.ALREADY_MERGED)
    lines = [
        words.say("🔗 <b>One person?</b>"),
        Html(""),
        *_card_lines(first),
        Html(""),
        *_card_lines(other),
        Html(""),
        words.say(
            "As one card they have the stamps and rewards of both, and the code of the first. The code of the other "
            "leads to it. You can separate them again for 30 days."
        ),
    ]
    shop, kept = shift.position.business.id, first.view.customer_id
    unite = button(
        words.label("🔗 Make them one card"), "unite", shop, kept, new_nonce(), other.view.customer_id, look=MAIN
    )
    back = button(words.label("✖ No, they stay two"), "serve", shop, kept)
    await turn.screen(Html("\n".join(lines)), [[unite], [back]])


def _card_lines(screen: StaffScreen) -> list[Html]:
    """A card: the first name, the end of the code that stands on it, and its state."""
    code = screen.view.qr_code[-END_LETTERS:]
    return [screen.words.say("<b>{name}</b> · …{code}", name=screen.name, code=code), *state_lines(screen)]


def both_row(words: Words, customers: Sequence[Customer]) -> Rows:
    """The button that leads to two cards with one phone number; none if there are not two."""
    if len(customers) < 2:  # noqa: PLR2004  # two
        return []
    first, other = customers[:2]
    label = words.label("🔗 One person? Look at both")
    return [[button(label, "bothcards", first.business_id, first.id, other.id)]]


PRESSES = {"bothcards": press_both}
