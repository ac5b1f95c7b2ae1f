"""Programs: reads the one in force, and changes it by adding a version. Its rules are in the core."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from loyalty_app.db.engine import Database
from loyalty_app.db.rows import terms_of
from loyalty_app.db.tables import business, program
from loyalty_app.shops.businesses import Business, Repaint, find_business, program_row, require_staff
from loyalty_core.access import Role
from loyalty_core.customers import clean_name
from loyalty_core.fields import BusinessId
from loyalty_core.programs import Program, ProgramChange, changed


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
    name = clean_name(change.name) if isinstance(change.name, str) else None

    def work(connection: Connection) -> Program:
        shop = business.c.id == business_id
        require_staff(connection, business_id, by, Role.OWNER)
        connection.execute(select(business.c.id).where(shop).with_for_update())
        if name is not None:
            connection.execute(update(business).where(shop).values(name=name))
        before = read_program(connection, business_id)
        terms = changed(before, change, now)
        if name is not None or terms.version != before.terms.version:
            repaint(connection, database, business_id, now=now)
        if terms.version == before.terms.version:
            return before
        database.insert(connection, program, [program_row(business_id, terms)])
        connection.execute(update(business).where(shop).values(program_version=terms.version))
        return Program(before.name, (*before.versions, terms))

    return await database.write(work)
