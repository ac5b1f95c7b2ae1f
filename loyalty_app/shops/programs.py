"""Programs: reads those of a shop, and changes one by adding a version. Their rules are in the core.

Making, archiving and choosing the main one is in `several_programs`.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, and_, select, update

from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import KeyedAnswer, KeyedRequest, answer_once
from loyalty_app.db.rows import program_row, terms_of
from loyalty_app.db.tables import business, program, program_terms, shop_program
from loyalty_app.shops.businesses import Business, Repaint, business_of, find_business, require_staff
from loyalty_app.shops.further_programs import main_program, read_further
from loyalty_core.access import Role
from loyalty_core.customers import clean_name
from loyalty_core.errors import InvalidRequest
from loyalty_core.fields import BusinessId
from loyalty_core.programs import Program, ProgramChange, Terms, changed, looks_the_same
from loyalty_core.several_programs import ProgramNotFound, check_gives_itself
from loyalty_core.views import check_state, program_named, program_number, program_state, program_view


def read_program(connection: Connection, business_id: int) -> Program:
    """The main program of a business with all its versions, and the others. Raises InvalidRequest if there is none."""
    both = select(business, program).join_from(business, program, program.c.business_id == business.c.id)
    rows = connection.execute(both.where(program.c.business_id == business_id).order_by(program.c.version)).all()
    shop = business_of(rows[0]) if rows else find_business(connection, business_id)
    return main_program(shop, tuple(map(terms_of, rows)), read_further(connection, shop))


def program_of(connection: Connection, shop: Business) -> Program:
    """The same for a business that was read before."""
    rows = select(program).where(program.c.business_id == shop.id).order_by(program.c.version)
    terms = tuple(terms_of(row) for row in connection.execute(rows))
    return main_program(shop, terms, read_further(connection, shop))


WhichProgram = BusinessId | tuple[BusinessId, int]
"""The main program of a shop, or the one of that number."""
AskedChange = ProgramChange | Callable[[Terms], ProgramChange]
"""A change, or what makes one of the terms as they are when it is written."""


async def change_program(
    database: Database,
    which: WhichProgram,
    change: AskedChange,
    *,
    now: datetime,
    repaint: Repaint,
    by: int | None = None,
) -> Program:
    """Change a program from now on; `repaint` is called if cards look different then.

    `by` is the asking owner on the staff; None is the operator or an API key.

    Raises InvalidRequest, ProgramNotFound, NotOnStaff, RoleRequired.
    """

    def work(connection: Connection) -> Program:
        require_staff(connection, _shop_of(which)[0], by, Role.OWNER)
        return _write_change(database, connection, which, change=change, now=now, repaint=repaint)

    return await database.write(work)


class ProgramPatch(msgspec.Struct, frozen=True):
    """A change of the program of that number, or of the main one; with `if_state` only of one in such a state."""

    change: ProgramChange
    number: int | None = None
    if_state: tuple[str, ...] | UnsetType = UNSET


async def change_program_once(
    database: Database, request: KeyedRequest, patch: ProgramPatch, *, now: datetime, repaint: Repaint
) -> KeyedAnswer:
    """The same for an API key, whose request happens once if it has a key; the answer is a ProgramView.

    Which state a program is in says `views.program_state`. Raises InvalidRequest, ProgramNotFound,
    IdempotencyKeyReused, PreconditionFailed.
    """
    shop = BusinessId(request.business_id)
    which = shop if patch.number is None else (shop, patch.number)

    def work(connection: Connection) -> bytes:
        view = program_view(lock_program(connection, shop, patch.number), shop)
        check_state(program_state(view), patch.if_state, view.version)
        after = _write_change(database, connection, which, change=patch.change, now=now, repaint=repaint)
        return msgspec.json.encode(program_view(after, shop))

    return await answer_once(database, request, work, now=now)


def lock_program(connection: Connection, business_id: int, number: int | None = None) -> Program:
    """The program of that number, or the main one; the shop stays locked. Raises ProgramNotFound."""
    connection.execute(select(business.c.id).where(business.c.id == business_id).with_for_update()).close()
    return find_program(connection, business_id, number)


def find_program(connection: Connection, business_id: int, number: int | None = None) -> Program:
    """The program of that number, or the main one. Raises ProgramNotFound."""
    main = read_program(connection, business_id)
    found = main if number is None else main.turned_to(program_named(business_id, number))
    if found is None:
        raise ProgramNotFound(number or 0)
    return found


def _write_change(
    database: Database,
    connection: Connection,
    which: WhichProgram,
    *,
    change: AskedChange,
    now: datetime,
    repaint: Repaint,
) -> Program:
    """Write what a change changes: the name of the shop, the title of the program, and its terms."""
    business_id, number = _shop_of(which)
    before = lock_program(connection, business_id, number)
    change = change if isinstance(change, ProgramChange) else change(before.terms)
    check_gives_itself(before, change)
    name = clean_name(change.name) if isinstance(change.name, str) else None
    title, terms = clean_title(change.title, before.title), changed(before, change, now)
    if name is not None:
        connection.execute(update(business).where(business.c.id == business_id).values(name=name)).close()
    if title != before.title:
        write_program(database, connection, business_id, before, now=now, title=title)
    write_terms(database, connection, business_id, before, terms)
    if name is not None or title != before.title or not looks_the_same(before.terms, terms):
        repaint(connection, database, business_id, now=now)
    return find_program(connection, business_id, program_number(business_id, before.id))


def _shop_of(which: WhichProgram) -> tuple[BusinessId, int | None]:
    return which if isinstance(which, tuple) else (which, None)


def clean_title(title: str | UnsetType | None, before: str | None = None) -> str | None:
    """The title of a program, or the one from before if none is asked for. Raises InvalidRequest."""
    if isinstance(title, str):
        try:
            return clean_name(title)
        except InvalidRequest as refusal:
            raise InvalidRequest.field("title", refusal.errors[0].message) from refusal
    return before if isinstance(title, UnsetType) else title


def write_terms(database: Database, connection: Connection, business_id: int, before: Program, terms: Terms) -> None:
    """Add a version of the terms, if they are a new one.

    Those of the program with which a shop began are where older releases have them.
    """
    if terms.version == before.terms.version:
        return
    if before.id is None:
        database.insert(connection, program, [program_row(business_id, terms)])
        own = update(business).where(business.c.id == business_id)
        connection.execute(own.values(program_version=terms.version)).close()
    else:
        row = {**program_row(business_id, terms), "program_id": before.id}
        database.insert(connection, program_terms, [row])
        count_up(connection, business_id)


def write_program(
    database: Database, connection: Connection, business_id: int, before: Program, *, now: datetime, **values: object
) -> None:
    """Set what has no versions of a program: its title, or when it was archived."""
    number = program_number(business_id, before.id)
    own = and_(shop_program.c.business_id == business_id, shop_program.c.id == number)
    if connection.execute(update(shop_program).where(own).values(values)).rowcount == 0:
        row = {"business_id": business_id, "id": number, "title": None, "archived_at": None, "created_at": now}
        database.insert(connection, shop_program, [{**row, **values}])
    count_up(connection, business_id)


def count_up(connection: Connection, business_id: int, **values: object) -> None:
    """Note that something has changed about the programs of a shop, so that all who know them read them again."""
    later = {"programs_version": business.c.programs_version + 1, **values}
    connection.execute(update(business).where(business.c.id == business_id).values(later)).close()
