"""Branches: where a person works, if the shop has several. They choose once; the chat remembers it."""

import msgspec

from bots.buttons import MAIN, button
from bots.staff.screen import short, show, turn_away, way_back
from bots.staff.shift import find_shift
from bots.staff.shown_code import how_in
from bots.turn import Turn
from loyalty_app.chat.chats import ChatChange


async def ask(turn: Turn) -> None:
    """[Where are you?]: shop, customer. Offers the branches; the present one is highlighted."""
    shift = await find_shift(turn, turn.press.business_id)
    if shift is None:
        await turn_away(turn)
        return
    words, data = turn.words, (turn.press.business_id, turn.press.customer_id)
    how = [one for one in (how_in(turn.press),) if one]
    rows = [
        [
            button(
                words.label("📍 {branch}", branch=short(branch.name)),
                "branch",
                *data,
                branch.id,
                *how,
                look=MAIN if branch == shift.branch else None,
            )
        ]
        for branch in shift.branches
    ]
    back = button(words.label("⬅️ Back"), "serve", *data, *how)
    await turn.screen(words.say("📍 Where do you work today?"), [*rows, [back], *way_back(turn)])


async def choose(turn: Turn) -> None:
    """A branch: shop, customer, branch. A branch of another shop changes nothing."""
    shift, chosen = await find_shift(turn, turn.press.business_id), turn.press.number(2)
    if shift is None:
        await turn_away(turn)
        return
    headline = None
    if any(branch.id == chosen for branch in shift.branches):
        turn.note(ChatChange(branch_id=chosen))
        shift = msgspec.structs.replace(shift, chosen_branch_id=chosen)
        headline = turn.words.say("📍 You work at {branch} now.", branch=shift.branch.name if shift.branch else "")
    await show(turn, shift, turn.press.customer_id, headline=headline)


PRESSES = {"branches": ask, "branch": choose}
