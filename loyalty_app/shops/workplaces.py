"""Workplaces: where somebody works, as far as the bot to which they write has to do with it.

A shop's own bot knows only that shop. Who is on the staff is in `staff`.
"""

import msgspec
from sqlalchemy import Connection

from loyalty_app.shops.branches import Branch, branches_of
from loyalty_app.shops.links import shop_of_bot
from loyalty_app.shops.staff import Position, position_in, positions


class Workplace(msgspec.Struct, frozen=True, kw_only=True):
    """A shop where somebody works: as whom, and which branches it has."""

    position: Position
    branches: tuple[Branch, ...]


def find_workplace(connection: Connection, business_id: int, *, user_id: int, bot_id: int) -> Workplace | None:
    """The shop where a person works; None if they do not, or if the bot is another shop's."""
    position = position_in(connection, user_id, business_id)
    if position is None or shop_of_bot(connection, bot_id) not in {None, business_id}:
        return None
    return Workplace(position=position, branches=branches_of(connection, business_id))


def list_workplaces(connection: Connection, *, user_id: int, bot_id: int) -> list[Position]:
    """What a person is in the shops that a bot knows, the oldest first."""
    found = positions(connection, user_id)
    own = shop_of_bot(connection, bot_id) if found else None
    return [position for position in found if own in {None, position.business.id}]
