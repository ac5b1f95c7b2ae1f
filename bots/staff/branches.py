"""Branches: where somebody works, if the shop has several places. It is said once; the chat remembers it."""

import msgspec

from bots.buttons import MAIN, button
from bots.staff.at_work import find_at_work
from bots.staff.screen import short, show, turn_away, way_back
from bots.turn import Turn
from loyalty_app.chat.chats import ChatChange


async def ask(turn: Turn) -> None:
    """[Where are you?]: shop, customer. Offers the branches; the present one stands out."""
    desk = await find_at_work(turn, turn.press.number(0))
    if desk is None:
        await turn_away(turn)
        return
    words, data = turn.words, (turn.press.number(0), turn.press.number(1))
    rows = [
        [
            button(
                words.label("📍 {branch}", branch=short(branch.name)),
                "branch",
                *data,
                branch.id,
                look=MAIN if branch == desk.branch else None,
            )
        ]
        for branch in desk.branches
    ]
    back = button(words.label("⬅️ Back"), "serve", *data)
    await turn.screen(words.say("📍 Where do you work today?"), [*rows, [back], *way_back(turn)])


async def choose(turn: Turn) -> None:
    """A branch: shop, customer, branch. One that is not of this shop changes nothing."""
    desk, chosen = await find_at_work(turn, turn.press.number(0)), turn.press.number(2)
    if desk is None:
        await turn_away(turn)
        return
    told = None
    if any(branch.id == chosen for branch in desk.branches):
        turn.note(ChatChange(branch_id=chosen))
        desk = msgspec.structs.replace(desk, chosen_branch_id=chosen)
        told = turn.words.say("📍 You work at {branch} now.", branch=desk.branch.name if desk.branch else "")
    await show(turn, desk, turn.press.number(1), told=told)


PRESSES = {"branches": ask, "branch": choose}
