"""Rights: who may press a shop's buttons, and who may answer questions about a shop.

A button only names the shop. The rule itself is in `loyalty_app/shops/workplaces.py`; here it is checked at each press
and at each typed answer, and the tables of `owners` name the role for each. Functions that write check again, in their
own transaction.
"""

from collections.abc import Awaitable, Callable

import msgspec

from bots.turn import Draft, Turn
from loyalty_app.chat.chats import ChatChange
from loyalty_app.shops.staff import Position
from loyalty_app.shops.workplaces import list_positions, require_position
from loyalty_core.access import Role
from loyalty_core.fields import BusinessId


class TypedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A typed answer to a question about a shop: the person's position, the draft so far, and the text."""

    position: Position
    draft: Draft
    text: str


PressAnswer = Callable[[Turn], Awaitable[None]]
DraftAnswer = Callable[[Turn, str], Awaitable[None]]


async def own_positions(turn: Turn) -> list[Position]:
    """The person's positions in shops, the oldest first; a shop's own bot knows that shop only."""
    user_id, bot_id = turn.user_id, turn.bot_id
    positions = await turn.read(lambda connection: list_positions(connection, user_id=user_id, bot_id=bot_id))
    turn.at_work = bool(positions)
    return positions


async def own_position(turn: Turn, business_id: BusinessId, role: Role) -> Position:
    """The person's position in a shop, read now. Raises NotOnStaff or RoleRequired."""
    user_id, bot_id = turn.user_id, turn.bot_id
    return await turn.read(
        lambda connection: require_position(connection, business_id, user_id=user_id, bot_id=bot_id, role=role)
    )


def pressed_by(role: Role, act: Callable[[Turn, Position], Awaitable[None]]) -> PressAnswer:
    """An answer to a press on a shop's button, for people who have that role now.

    The shop is the button's first argument.

    It ends any running draft. Raises NotOnStaff or RoleRequired, and then nothing has happened.
    """

    async def answer(turn: Turn) -> None:
        position = await own_position(turn, turn.press.business_id, role)
        turn.note(ChatChange(draft=None, business_id=position.business.id))
        await act(turn, position)

    return answer


def typed_by(role: Role, take: Callable[[Turn, TypedAnswer], Awaitable[None]]) -> DraftAnswer:
    """An answer to a typed text about the shop that the draft names, for people who have that role now.

    Raises NotOnStaff or RoleRequired, and ends the draft.
    """

    async def answer(turn: Turn, text: str) -> None:
        draft = turn.draft or Draft("")
        try:
            position = await own_position(turn, BusinessId(int(draft.answers.get("business") or 0)), role)
        except Exception:
            turn.note(ChatChange(draft=None))
            raise
        await take(turn, TypedAnswer(position=position, draft=draft, text=text))

    return answer
