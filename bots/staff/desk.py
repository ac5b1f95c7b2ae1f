"""The desk: one of the staff at work in a shop, as the database knows them now.

What somebody asks for there names a shop; whether they work in it is looked up each time. Nothing is said here.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from bots.context import Turn
from loyalty_app.branches import Branch, branches_of
from loyalty_app.chat.chats import ChatChange
from loyalty_app.counter import Caller
from loyalty_app.links import shop_of_bot
from loyalty_app.staff import Position, position_in, positions


class Desk(msgspec.Struct, frozen=True, kw_only=True):
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


async def at_desk(turn: Turn, business_id: int) -> Desk | None:
    """The person at work in that shop; None if they do not work there. The chat remembers the shop."""
    user_id, bot_id, chosen = turn.user.id, turn.bot.id, turn.chat.branch_id

    def work(connection: Connection) -> Desk | None:
        position = position_in(connection, user_id, business_id)
        if position is None or shop_of_bot(connection, bot_id) not in {None, business_id}:
            return None
        return Desk(position=position, branches=branches_of(connection, business_id), chosen_branch_id=chosen)

    desk = await turn.read(work)
    if desk is not None and turn.chat.business_id != business_id:
        turn.note(ChatChange(business_id=business_id))
    return desk


async def workplaces(turn: Turn) -> Sequence[Position]:
    """The shops in which the person works, the one of this chat first; a shop's own bot knows no other shop."""
    user_id, bot_id, here = turn.user.id, turn.bot.id, turn.chat.business_id

    def work(connection: Connection) -> list[Position]:
        found = positions(connection, user_id)
        own = shop_of_bot(connection, bot_id) if found else None
        return [position for position in found if own in {None, position.business.id}]

    return sorted(await turn.read(work), key=lambda position: position.business.id != here)
