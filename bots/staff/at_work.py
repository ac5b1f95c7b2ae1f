"""The desk: one of the staff at work in a shop, as the database knows them now.

What somebody asks for there names a shop; whether they work in it is looked up each time. Nothing is said here.
"""

from collections.abc import Sequence

import msgspec

from bots.turn import Turn
from loyalty_app.chat.chats import ChatChange
from loyalty_app.counter import Caller
from loyalty_app.shops.branches import Branch
from loyalty_app.shops.staff import Position
from loyalty_app.shops.workplaces import find_workplace, list_workplaces


class AtWork(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at work: as whom, and at which of the shop's branches, if they have said so or there is but one."""

    position: Position
    branches: tuple[Branch, ...]
    chosen_branch_id: int | None

    @property
    def branch(self) -> Branch | None:
        """Where they work; None if they have yet to say."""
        if len(self.branches) == 1:
            return self.branches[0]
        return next((branch for branch in self.branches if branch.id == self.chosen_branch_id), None)

    def caller(self, nonce: str) -> Caller:
        """Who asks the counter; what the buttons of one screen ask is done once."""
        return Caller(business=self.position.business, actor=self.position.actor, key=f"chat:{nonce}")


async def find_at_work(turn: Turn, business_id: int) -> AtWork | None:
    """The person at work in that shop; None if they do not work there. The chat remembers the shop."""
    user_id, bot_id = turn.user.id, turn.bot.id
    found = await turn.read(lambda connection: find_workplace(connection, business_id, user_id=user_id, bot_id=bot_id))
    if found is None:
        return None
    if turn.chat.business_id != business_id:
        turn.note(ChatChange(business_id=business_id))
    return AtWork(position=found.position, branches=found.branches, chosen_branch_id=turn.chat.branch_id)


async def workplaces(turn: Turn) -> Sequence[Position]:
    """The shops in which the person works, the one of this chat first; a shop's own bot knows no other shop."""
    user_id, bot_id, here = turn.user.id, turn.bot.id, turn.chat.business_id
    found = await turn.read(lambda connection: list_workplaces(connection, user_id=user_id, bot_id=bot_id))
    return sorted(found, key=lambda position: position.business.id != here)
