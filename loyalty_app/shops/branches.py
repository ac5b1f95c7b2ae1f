"""Branches: the places of a shop. An entry of the ledger may name the one where it was made."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import branch as branch_table
from loyalty_app.ids import Kind
from loyalty_app.shops.businesses import find_business
from loyalty_core.customers import clean_name


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """A place of a shop."""

    id: int
    business_id: int
    name: str
    created_at: datetime


def _branch_of(row: Row[Any]) -> Branch:
    return Branch(id=row.id, business_id=row.business_id, name=row.name, created_at=row.created_at)


async def add_branch(database: Database, business_id: int, *, name: str, now: datetime) -> Branch:
    """Add a place to a shop. Raises InvalidRequest."""
    title = clean_name(name)

    def work(connection: Connection) -> Branch:
        find_business(connection, business_id)
        with database.ids(connection) as ids:
            branch = Branch(id=ids.take(Kind.BRANCH), business_id=business_id, name=title, created_at=now)
        database.insert(connection, branch_table, [msgspec.structs.asdict(branch)])
        return branch

    return await database.write(work)


async def list_branches(database: Database, business_id: int) -> list[Branch]:
    """The places of a shop, the oldest first. Raises InvalidRequest if there is no such shop."""

    def work(connection: Connection) -> list[Branch]:
        find_business(connection, business_id)
        return list(branches_of(connection, business_id))

    return await database.read(work)


def branches_of(connection: Connection, business_id: int) -> tuple[Branch, ...]:
    """The places of a shop, the oldest first; none if there is no such shop."""
    own = select(branch_table).where(branch_table.c.business_id == business_id).order_by(branch_table.c.id)
    return tuple(_branch_of(row) for row in connection.execute(own))
