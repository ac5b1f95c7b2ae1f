"""Rights: who may press a shop's buttons, and who may answer what they were asked.

A button only says which shop is meant. The rule itself is `loyalty_app/shops/workplaces.py`; here it is asked at each
press and at each typed answer, and the tables of `owners` name the role beside each. Whatever writes looks once more,
in its own transaction.
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
    """What somebody typed when they were asked about a shop: as whom, what the draft holds so far, and the text."""

    position: Position
    draft: Draft
    text: str


PressAnswer = Callable[[Turn], Awaitable[None]]
DraftAnswer = Callable[[Turn, str], Awaitable[None]]


async def own_positions(turn: Turn) -> list[Position]:
    """Where the person works, the oldest position first; a shop's own bot knows that shop only."""
    user_id, bot_id = turn.user_id, turn.bot_id
    return await turn.read(lambda connection: list_positions(connection, user_id=user_id, bot_id=bot_id))


async def own_position(turn: Turn, business_id: BusinessId, role: Role) -> Position:
    """The person's position in a shop, read now. Raises NotOnStaff or RoleRequired."""
    user_id, bot_id = turn.user_id, turn.bot_id
    return await turn.read(
        lambda connection: require_position(connection, business_id, user_id=user_id, bot_id=bot_id, role=role)
    )


def pressed_by(role: Role, act: Callable[[Turn, Position], Awaitable[None]]) -> PressAnswer:
    """A press on a button of a shop, whose number comes first in it, by somebody who has that role now.

    It ends whatever was being typed. Raises NotOnStaff or RoleRequired, and then nothing has happened.
    """

    async def answer(turn: Turn) -> None:
        position = await own_position(turn, turn.press.business_id, role)
        turn.note(ChatChange(draft=None, business_id=position.business.id))
        await act(turn, position)

    return answer


def typed_by(role: Role, take: Callable[[Turn, TypedAnswer], Awaitable[None]]) -> DraftAnswer:
    """A typed answer about the shop that the draft names, by somebody who has that role now.

    Raises NotOnStaff or RoleRequired, and ends the question.
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
