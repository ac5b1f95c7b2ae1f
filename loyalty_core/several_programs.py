"""Several programs in a shop: what is refused about them, and the rules for making, archiving and the main one.

The rules, in words:
- A shop has 1 to 10 programs in use; archived ones do not count.
- The main one cannot be archived. An archived one takes no new stamps, and cannot become the main one.
- Gifts are given by the shop. Its main program holds them, so another that becomes the main one takes them over.

`program_id` is the number of the program on the wire. The refusals have the form that `errors` explains.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from loyalty_core.errors import InvalidRequest, LoyaltyError
from loyalty_core.gifts import GIFTS
from loyalty_core.programs import Program, ProgramChange, Terms, changed

if TYPE_CHECKING:
    from loyalty_core.customers import Customer

MOST_PROGRAMS = 10


class ProgramNotFound(LoyaltyError):
    """No such program."""

    def __init__(self, program_id: int) -> None:
        self.program_id = program_id
        super().__init__(f"This shop has no program {program_id}. The list of programs shows those that there are.")


class ProgramArchived(LoyaltyError):
    """The program is archived."""

    def __init__(self, program_id: int) -> None:
        self.program_id = program_id
        super().__init__(f"Program {program_id} is archived and takes no new stamps. Its rewards can be redeemed.")


class MainProgramNeeded(LoyaltyError):
    """The main program stays."""

    def __init__(self, program_id: int) -> None:
        self.program_id = program_id
        super().__init__(f"Program {program_id} is the main one. Make another program the main one first.")


class ProgramLimitReached(LoyaltyError):
    """The limit of programs is reached."""

    def __init__(self, limit: int) -> None:
        """`limit` is how many can be in use; archived ones do not count."""
        self.limit = limit
        super().__init__(f"This shop has {limit} programs in use, as many as it can have. Archive one to add another.")


def check_room_for_program(program: Program) -> None:
    """Raise ProgramLimitReached if the shop has as many programs in use as it can have."""
    if sum(one.archived_at is None for one in program.all_of_shop) >= MOST_PROGRAMS:
        raise ProgramLimitReached(MOST_PROGRAMS)


def check_can_be_archived(program: Program, program_number: int) -> None:
    """Raise MainProgramNeeded if that is the main program."""
    if program.main:
        raise MainProgramNeeded(program_number)


def check_can_be_main(program: Program, program_number: int) -> None:
    """Raise ProgramArchived if that program takes no stamps any more."""
    if program.archived_at is not None:
        raise ProgramArchived(program_number)


def check_can_be_stamped(customer: "Customer", program: Program) -> None:
    """Raise ProgramArchived if the program takes no new stamps."""
    if program.archived_at is not None:
        raise ProgramArchived(customer.business_id if program.id is None else program.id)


def check_gives_itself(program: Program, change: ProgramChange) -> None:
    """Raise InvalidRequest if a program that is not the main one is to give something."""
    for name in GIFTS:
        if not program.main and getattr(change, name) not in (UNSET, None):
            raise InvalidRequest.field(name, "must be set at the main program: it is given by the shop")


def gifts_moved(main: Program, to: Program, now: datetime) -> tuple[Terms, Terms]:
    """The terms of the main program and of the one that follows it, once the gifts of the shop have moved over.

    Raises InvalidRequest if the goal of the other is too small for a gift.
    """
    gifts, asked = {name: getattr(main.terms, name) for name in GIFTS}, ProgramChange()
    nothing = replace(asked, **dict.fromkeys(GIFTS))
    return changed(main, nothing, now), changed(to, replace(asked, **gifts), now)
