"""Program cells: which program of the shop a line of a list names, by its title or its id.

A program without a title is called as the shop. Nothing is written here.
"""

import msgspec
from sqlalchemy import Connection

from loyalty_app.shops.programs import read_program
from loyalty_core.customers import fold_case
from loyalty_core.errors import InvalidRequest
from loyalty_core.views import program_number


class NamedProgram(msgspec.Struct, frozen=True):
    """A program as lists name it: by its number, or by its title without regard to case."""

    number: int
    name: str
    archived: bool


def named_programs(connection: Connection, business_id: int) -> tuple[NamedProgram, ...]:
    """All programs of a shop, the main one first."""
    return tuple(
        NamedProgram(
            program_number(business_id, one.id), fold_case((one.title or one.name).strip()), one.archived_at is not None
        )
        for one in read_program(connection, business_id).all_of_shop
    )


def program_of(text: str, programs: tuple[NamedProgram, ...]) -> int | None:
    """The number of the program that a cell names; None is the main one, as in an empty cell. Raises InvalidRequest.

    `programs` begin with the main one.
    """
    name = fold_case(text.strip())
    if not name:
        return None
    found = [one for one in programs if one.name == name] or [one for one in programs if str(one.number) == name]
    if not found:
        raise InvalidRequest.field("program", "must be the title or the id of a program of this shop")
    if len(found) > 1:
        raise InvalidRequest.field("program", "is the title of several programs: give the id of the one that is meant")
    if found[0].archived:
        raise InvalidRequest.field("program", "is archived and takes no new stamps")
    return None if found[0] is programs[0] else found[0].number
