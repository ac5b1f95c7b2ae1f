"""Rights: who may press what of a shop's buttons, and who may answer what was asked.

A button only says which shop is meant. Whether the person may is read from the database at each press, and once more
in the transaction that writes something.
"""

from collections.abc import Awaitable, Callable

import msgspec

from bots.drafts import Draft, read_draft
from bots.turn import Turn
from loyalty_app.chat.chats import ChatChange
from loyalty_app.shops.links import shop_of_bot
from loyalty_app.shops.staff import Position, position_in, positions
from loyalty_core.access import Role, require_role
from loyalty_core.errors import NotOnStaff

Answer = Callable[[Turn], Awaitable[None]]
Act = Callable[[Turn, Position], Awaitable[None]]


class OpenQuestion(msgspec.Struct, frozen=True):
    """What was asked of somebody, in which position."""

    position: Position
    draft: Draft


async def own_positions(turn: Turn) -> list[Position]:
    """Where the person works; a shop's own bot knows that shop only."""
    bot_id, user_id = turn.bot.id, turn.user.id
    only = await turn.read(lambda connection: shop_of_bot(connection, bot_id))
    found = await turn.read(lambda connection: positions(connection, user_id))
    return [position for position in found if only in {None, position.business.id}]


async def entitled(turn: Turn, business_id: int, needed: Role) -> Position:
    """The person's position in a shop. Raises NotOnStaff or RoleRequired."""
    bot_id, user_id = turn.bot.id, turn.user.id
    only = await turn.read(lambda connection: shop_of_bot(connection, bot_id))
    position = await turn.read(lambda connection: position_in(connection, user_id, business_id))
    if position is None or only not in {None, business_id}:
        raise NotOnStaff
    require_role(position.role, needed)
    return position


def pressed_by(needed: Role, act: Act) -> Answer:
    """A press on a button of a shop, whose number comes first in it, by somebody who has that role now.

    It ends whatever was being typed.
    """

    async def answer(turn: Turn) -> None:
        position = await entitled(turn, turn.press.number(0), needed)
        turn.note(ChatChange(draft=None, business_id=position.business.id))
        await act(turn, position)

    return answer


async def asked(turn: Turn, needed: Role) -> OpenQuestion:
    """What was asked of the person, who has that role now. Raises NotOnStaff or RoleRequired and ends the question."""
    draft = read_draft(turn.chat.draft) or Draft("")
    try:
        return OpenQuestion(await entitled(turn, int(draft.answers.get("business") or 0), needed), draft)
    except Exception:
        turn.note(ChatChange(draft=None))
        raise
