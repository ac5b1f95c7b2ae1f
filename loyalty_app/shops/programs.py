"""Programs: reads the one in force, and changes it by adding a version. Its rules are in the core."""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, select, update

from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import KeyedAnswer, KeyedRequest, answer_once
from loyalty_app.db.rows import program_row, terms_of
from loyalty_app.db.tables import business, program
from loyalty_app.shops.businesses import Business, Repaint, find_business, require_staff
from loyalty_core.access import Role
from loyalty_core.customers import clean_name
from loyalty_core.fields import BusinessId
from loyalty_core.programs import Program, ProgramChange, changed, looks_the_same
from loyalty_core.views import check_state, program_state, program_view


def read_program(connection: Connection, business_id: int) -> Program:
    """The program of a business with all its versions."""
    return program_of(connection, find_business(connection, business_id))


def program_of(connection: Connection, shop: Business) -> Program:
    """The program of a business that was read before."""
    rows = select(program).where(program.c.business_id == shop.id).order_by(program.c.version)
    return Program(shop.name, tuple(terms_of(row) for row in connection.execute(rows)))


async def change_program(
    database: Database,
    business_id: BusinessId,
    change: ProgramChange,
    *,
    now: datetime,
    repaint: Repaint,
    by: int | None = None,
) -> Program:
    """Change a program from now on; `repaint` is called if cards look different then.

    `by` is the asking owner on the staff; None is the operator or an API key.

    Raises InvalidRequest, NotOnStaff, RoleRequired.
    """

    def work(connection: Connection) -> Program:
        require_staff(connection, business_id, by, Role.OWNER)
        return _write_change(database, connection, business_id, change, now=now, repaint=repaint)

    return await database.write(work)


async def change_program_once(
    database: Database,
    request: KeyedRequest,
    change: ProgramChange,
    *,
    now: datetime,
    repaint: Repaint,
    if_state: tuple[str, ...] | UnsetType = UNSET,
) -> KeyedAnswer:
    """The same for an API key, whose request happens once if it has a key; the answer is a ProgramView.

    With `if_state` only a program in such a state is changed (`views.program_state`). Raises InvalidRequest,
    IdempotencyKeyReused, PreconditionFailed.
    """
    business_id = BusinessId(request.business_id)

    def work(connection: Connection) -> bytes:
        _lock(connection, business_id)
        before = program_view(read_program(connection, business_id))
        check_state(program_state(before), if_state, before.version)
        after = _write_change(database, connection, business_id, change, now=now, repaint=repaint)
        return msgspec.json.encode(program_view(after))

    return await answer_once(database, request, work, now=now)


def _lock(connection: Connection, business_id: BusinessId) -> None:
    connection.execute(select(business.c.id).where(business.c.id == business_id).with_for_update())


def _write_change(
    database: Database,
    connection: Connection,
    business_id: BusinessId,
    change: ProgramChange,
    *,
    now: datetime,
    repaint: Repaint,
) -> Program:
    shop, name = business.c.id == business_id, clean_name(change.name) if isinstance(change.name, str) else None
    _lock(connection, business_id)
    if name is not None:
        connection.execute(update(business).where(shop).values(name=name))
    before = read_program(connection, business_id)
    terms = changed(before, change, now)
    if name is not None or not looks_the_same(before.terms, terms):
        repaint(connection, database, business_id, now=now)
    if terms.version == before.terms.version:
        return before
    database.insert(connection, program, [program_row(business_id, terms)])
    connection.execute(update(business).where(shop).values(program_version=terms.version))
    return Program(before.name, (*before.versions, terms))
