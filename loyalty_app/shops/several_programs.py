"""Several programs: a shop lists and names them, gets one more, archives one, or makes another the main one.

The rules are in the core.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import KeyedAnswer, KeyedRequest, answer_once
from loyalty_app.db.rows import program_row
from loyalty_app.db.tables import program_terms, shop_program
from loyalty_app.ids import Kind
from loyalty_app.pagination import Page, PageRequest, page_of_ids
from loyalty_app.shops.businesses import Business, Repaint, require_staff
from loyalty_app.shops.programs import (
    clean_title,
    count_up,
    find_program,
    lock_program,
    program_of,
    read_program,
    write_program,
    write_terms,
)
from loyalty_core.access import Role
from loyalty_core.programs import NewProgram, Program, new_terms
from loyalty_core.several_programs import (
    check_can_be_archived,
    check_can_be_main,
    check_room_for_program,
    gifts_moved,
)
from loyalty_core.views import ProgramView, main_of, program_number, program_view


def list_of_programs(connection: Connection, business_id: int, *, wanted: PageRequest) -> Page[ProgramView]:
    """All programs of a shop in the order of their making. Raises PageTooDeep or InvalidCursor."""
    programs = {program_number(business_id, one.id): one for one in read_program(connection, business_id).all_of_shop}
    shown, pagination = page_of_ids("programs", sorted(programs), wanted)
    return Page([program_view(programs[number], business_id) for number in shown], pagination)


class ProgramDeed(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done with the programs of a shop: `make` one, or `archive` or `promote` the one of that number.

    `by` is the asking owner on the staff; None is the operator or an API key.
    """

    business_id: int
    now: datetime
    make: NewProgram | None = None
    archive: int | None = None
    promote: int | None = None
    by: int | None = None


async def change_programs(database: Database, deed: ProgramDeed, *, repaint: Repaint) -> Program:
    """Do it, and return the program that it was about; `repaint` is called, as cards look different then.

    Raises InvalidRequest, ProgramNotFound, ProgramLimitReached, MainProgramNeeded, ProgramArchived, NotOnStaff,
    RoleRequired.
    """
    return await database.write(lambda connection: _do(database, connection, deed, repaint))


async def change_programs_once(
    database: Database, request: KeyedRequest, deed: ProgramDeed, *, repaint: Repaint
) -> KeyedAnswer:
    """The same for an API key, whose request happens once if it has a key; the answer is a ProgramView."""

    def work(connection: Connection) -> bytes:
        return msgspec.json.encode(program_view(_do(database, connection, deed, repaint), deed.business_id))

    return await answer_once(database, request, work, now=deed.now)


def _do(database: Database, connection: Connection, deed: ProgramDeed, repaint: Repaint) -> Program:
    require_staff(connection, deed.business_id, deed.by, Role.OWNER)
    before = lock_program(connection, deed.business_id, deed.archive or deed.promote)
    number = program_number(deed.business_id, before.id)
    if deed.make is not None:
        number = _make(database, connection, deed, before)
    elif deed.archive is not None:
        check_can_be_archived(before, number)
        if before.archived_at is None:
            write_program(database, connection, deed.business_id, before, now=deed.now, archived_at=deed.now)
    else:
        check_can_be_main(before, number)
        _promote(database, connection, deed, before)
    repaint(connection, database, deed.business_id, now=deed.now)  # type: ignore[arg-type]
    return find_program(connection, deed.business_id, number)


def _promote(database: Database, connection: Connection, deed: ProgramDeed, chosen: Program) -> None:
    """Make a program the main one; what the shop gives moves over to it. Raises InvalidRequest."""
    main = main_of(chosen)
    if main.id == chosen.id:
        return
    earlier, later = gifts_moved(main, chosen, deed.now)
    write_terms(database, connection, deed.business_id, main, earlier)
    write_terms(database, connection, deed.business_id, chosen, later)
    count_up(connection, deed.business_id, main_program_id=chosen.id)


def _make(database: Database, connection: Connection, deed: ProgramDeed, main: Program) -> int:
    """Add a program. It takes a number of those of shops: the program with which a shop began has the shop's."""
    check_room_for_program(main)
    assert deed.make is not None  # noqa: S101  # the caller looked
    terms, title = new_terms(deed.make, deed.now), clean_title(deed.make.title)
    with database.ids(connection) as ids:
        number = ids.take(Kind.BUSINESS)
    own = {"business_id": deed.business_id, "id": number, "title": title, "created_at": deed.now}
    database.insert(connection, shop_program, [own])
    database.insert(connection, program_terms, [{**program_row(deed.business_id, terms), "program_id": number}])
    count_up(connection, deed.business_id)
    return number


class ProgramTitles(msgspec.Struct, frozen=True):
    """What the programs of a shop are called, by their numbers, the main one first; each is another text.

    It is empty in a shop that never had several programs. `in_use` are those that can be stamped.
    """

    by_number: Mapping[int, str] = {}
    in_use: tuple[int, ...] = ()

    @property
    def choice(self) -> Mapping[int, str]:
        """Those that can be stamped, if there is a choice."""
        return {number: self.by_number[number] for number in self.in_use} if len(self.in_use) > 1 else {}

    def of_card(self, number: int) -> str:
        """What to call the card of a program; empty if it is the only one that can be stamped."""
        return "" if self.in_use == (number,) else self.by_number.get(number, "")


def titles_of(connection: Connection, business: Business) -> ProgramTitles:
    """What the programs of a shop are called. One without a title is called as the shop."""
    if not business.programs_version:
        return ProgramTitles()
    return titles_among(program_of(connection, business), business.id)


def titles_among(main: Program, business_id: int) -> ProgramTitles:
    """The same for a main program that was read before."""
    if not main.others:
        return ProgramTitles()
    from loyalty_app.words import numbered  # noqa: PLC0415  # loads long, for shops with several

    titles = numbered(program.title or program.name for program in main.all_of_shop)
    numbers = [program_number(business_id, program.id) for program in main.all_of_shop]
    in_use = tuple(program_number(business_id, program.id) for program in programs_in_use(main))
    return ProgramTitles(dict(zip(numbers, titles, strict=True)), in_use)


def programs_in_use(main: Program) -> list[Program]:
    """The programs of a shop that can be stamped, the main one first."""
    return [program for program in main.all_of_shop if program.archived_at is None]
