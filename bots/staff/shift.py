"""Shift: a member of the staff at work, in one shop and at one of its branches, read from the database now.

A button names a shop; whether the person works in it is looked up at each press. No text is made here.
"""

import msgspec

from bots.rights import own_positions
from bots.turn import Turn
from loyalty_app.chat.chats import ChatChange
from loyalty_app.counter import Caller
from loyalty_app.counter.orders import chat_key
from loyalty_app.shops.staff import Position
from loyalty_app.shops.workplaces import Branch, require_workplace
from loyalty_core.errors import NotOnStaff
from loyalty_core.fields import BusinessId


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """A person at work: their position, and their branch, if they chose one or the shop has only one."""

    position: Position
    branches: tuple[Branch, ...]
    chosen_branch_id: int | None

    @property
    def branch(self) -> Branch | None:
        """The branch where they work; None if they have not chosen one yet."""
        if len(self.branches) == 1:
            return self.branches[0]
        return next((branch for branch in self.branches if branch.id == self.chosen_branch_id), None)

    def caller(self, nonce: str) -> Caller:
        """The caller for the counter; what the buttons of one screen ask is done once."""
        return Caller(business=self.position.business, actor=self.position.actor, key=chat_key(nonce))


async def find_shift(turn: Turn, business_id: BusinessId) -> Shift | None:
    """The person at work in that shop; None if they do not work there. The chat remembers the shop."""
    user_id, bot_id = turn.user_id, turn.bot_id
    try:
        workplace = await turn.read(
            lambda connection: require_workplace(connection, business_id, user_id=user_id, bot_id=bot_id)
        )
    except NotOnStaff:
        await own_positions(turn)
        return None
    turn.at_work = True
    if turn.chat.business_id != business_id:
        turn.note(ChatChange(business_id=business_id))
    return Shift(position=workplace.position, branches=workplace.branches, chosen_branch_id=turn.chat.branch_id)


async def positions_here_first(turn: Turn) -> list[Position]:
    """The shops in which the person works, the one of this chat first."""
    return sorted(await own_positions(turn), key=lambda position: position.business.id != turn.chat.business_id)
