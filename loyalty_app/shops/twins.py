"""Twins: the shops that hold what test keys write, apart from the shops whose keys they are.

A twin is a business of its own, opened by the first test key of a shop with its program, branches, time zone, country
and plan of that moment. It has no staff, no bot and no chat, so nobody is written to, and no link leads there. Which
rows are a shop's own is known in `closing`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select, update

from loyalty_app.db import tables
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business, business_total, customer
from loyalty_app.shops.api_keys import ALL_SCOPES, KeyInfo, NewKey, ShownKey, add_key, key_info_of
from loyalty_app.shops.businesses import (
    Business,
    NewBusiness,
    add_business,
    being_deleted,
    find_business,
    require_no_twin,
    twin_of,
)
from loyalty_app.shops.closing import (
    AT_ONCE,
    counted,
    delete_all_customers,
    delete_customers,
    delete_rows,
    finish,
    is_own,
    own_tables,
)
from loyalty_app.shops.programs import program_of
from loyalty_core.access import Scope

KEPT = {
    table.name
    for table in (
        tables.api_key,
        tables.branch,
        business,
        business_total,
        tables.invite,
        tables.program,
        tables.retired_secret,
        tables.staff,
        tables.telegram_bot,
        tables.webhook_endpoint,
    )
}
"""Tables that a wipe leaves: the shop itself, its keys and its webhooks. Totals are set to zero."""


class Wiped(msgspec.Struct, frozen=True, kw_only=True):
    """What a wipe has deleted: how many rows of each table there were, and how many of them are left."""

    business_id: int
    rows: Mapping[str, int]
    left: int


async def create_test_key(
    database: Database, business_id: int, *, name: str, now: datetime, scopes: Iterable[Scope] = ALL_SCOPES
) -> ShownKey:
    """Make a test key for a business; the first one opens the twin. Raises InvalidRequest."""

    def work(connection: Connection) -> ShownKey:
        own = select(business.c.id).where(business.c.id == business_id)
        connection.execute(own.with_for_update()).close()  # before it is looked at: a shop that is deleted gets no twin
        shop = require_no_twin(connection, business_id)
        twin = twin_of(connection, shop.id) or _open_twin(database, connection, shop, now=now)
        if find_business(connection, twin).is_closing:
            raise being_deleted(twin)
        return add_key(database, connection, NewKey(business_id=twin, name=name, now=now, scopes=scopes))

    return await database.write(work)


def _open_twin(database: Database, connection: Connection, shop: Business, *, now: datetime) -> int:
    new = NewBusiness(
        name=shop.name, plan=shop.plan, timezone=shop.timezone, country=shop.country, rate_limit=shop.rate_limit
    )
    terms = msgspec.structs.replace(program_of(connection, shop).terms, version=1, updated_at=now)
    twin = add_business(database, connection, new=new, terms=terms).id
    marks = {"test_of": shop.id, "card_color": shop.card_color}
    connection.execute(update(business).where(business.c.id == twin).values(marks)).close()
    places = connection.execute(select(tables.branch).where(tables.branch.c.business_id == shop.id)).mappings()
    database.insert(connection, tables.branch, [{**place, "business_id": twin} for place in places])
    return twin


async def list_test_keys(database: Database, business_id: int) -> list[KeyInfo]:
    """The test keys of a business, the oldest first."""

    def work(connection: Connection) -> list[KeyInfo]:
        key = tables.api_key
        theirs = select(key).where(key.c.business_id == twin_of(connection, business_id)).order_by(key.c.id)
        return [key_info_of(row) for row in connection.execute(theirs)]

    return await database.read(work)


async def wipe_test_data(database: Database, business_id: int) -> Wiped:
    """Delete all that the test keys of a business have written, but their keys, webhooks and program; others go on.

    What they write meanwhile may stay, and agrees with its ledger. Raises InvalidRequest, and Busy if something is
    booked again and again meanwhile.
    """
    twin = await database.read(lambda c: twin_of(c, require_no_twin(c, business_id).id))
    if twin is None:
        return Wiped(business_id=business_id, rows={}, left=0)
    before = await database.read(lambda connection: _written(connection, twin))
    for _ in range(before.get(customer.name, 0) // AT_ONCE):
        await database.write(lambda connection: delete_customers(connection, twin))
    for table in own_tables():
        if table.name not in {*KEPT, customer.name, tables.daily_total.name}:
            await delete_rows(database, table, twin, portions=before.get(table.name, 0) // AT_ONCE)
    await finish(database, lambda connection: _wipe_the_rest(connection, twin))
    left = await database.read(lambda connection: sum(_written(connection, twin).values()))
    return Wiped(business_id=business_id, rows=before, left=left)


def _written(connection: Connection, twin: int) -> dict[str, int]:
    return {name: count for name, count in counted(connection, twin).items() if name not in KEPT}


def _wipe_the_rest(connection: Connection, twin: int) -> None:
    delete_all_customers(connection, twin)
    for table in own_tables():
        if table.name not in KEPT:
            connection.execute(delete(table).where(is_own(table, twin))).close()
    zeros = {column.name: 0 for column in business_total.columns if column.name != "business_id"}
    connection.execute(update(business_total).where(business_total.c.business_id == twin).values(zeros)).close()
