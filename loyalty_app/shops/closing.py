"""Closing a shop for good: everything that belongs to it is deleted, while others are served.

Which tables that are is read from the tables themselves, so that a later one cannot be forgotten: each with a
`business_id`, and each with a `bot_id` for the shop's own bot. First the shop and its twin are `NOWHERE`, in one
transaction with the end of their keys (`db/held_shops.py`): from then on nobody is served there, and there is no way
back. Then customers go, some at a time, each with all that hangs on them; then the rest; and at the end, in one
transaction, what is left, what was written meanwhile by those who had looked before, and the shop. Its bot is
nobody's from then on, until it is deleted with what its process still wrote. A run that was stopped is just repeated.
What a run has left that was killed after the shop was gone is found by `forget_rest`, and the bot by the hourly upkeep.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Update,
    and_,
    delete,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import NOWHERE, hold_again
from loyalty_app.db.tables import api_key, business, business_total, customer, metadata, telegram_bot, telegram_chat
from loyalty_app.shops.businesses import Business, find_business, twin_of
from loyalty_core.errors import Busy

AT_ONCE = 200
TRIES = 10
OTHERS_TOO = {telegram_chat.name}
"""Tables whose rows belong to a person and only name a shop: they are kept, and name it no more."""
OF_NOBODY = {
    "business_id": None,
    "username": "",
    "token": None,
    "removed_at": func.coalesce(telegram_bot.c.removed_at, telegram_bot.c.created_at),
}
IS_NOBODYS = and_(
    telegram_bot.c.business_id.is_(None), telegram_bot.c.username == "", telegram_bot.c.removed_at.is_not(None)
)
"""Whether a bot is that of a shop that is gone. One that was shared once has a name."""


class ClosedShop(msgspec.Struct, frozen=True, kw_only=True):
    """A shop that is gone, or would be: how many rows of each table were its own, and how many of them are left."""

    business: Business
    rows: Mapping[str, int]
    left: int


async def examine_closing(database: Database, business_id: int) -> ClosedShop:
    """What deleting a shop would delete, with what its test keys wrote; nothing is changed. Raises InvalidRequest."""

    def look(connection: Connection) -> ClosedShop:
        shop, twin = find_business(connection, business_id), twin_of(connection, business_id)
        rows = Counter(counted(connection, business_id)) + Counter(counted(connection, twin) if twin else {})
        return ClosedShop(business=shop, rows=rows, left=sum(rows.values()))

    return await database.read(look)


async def close_shop(database: Database, business_id: int) -> ClosedShop:
    """Delete a shop with everything that is its own, after what its test keys wrote, and prove that nothing is left.

    Raises InvalidRequest if there is none, Busy if something is booked again and again meanwhile. One that moves or has
    moved is refused everywhere already, and says so until the end.
    """
    before = await examine_closing(database, business_id)
    await database.write(lambda connection: _mark(connection, business_id))
    bots = await database.read(lambda connection: _bots_of(connection, business_id))
    twin = await database.read(lambda connection: twin_of(connection, business_id))
    left_of_twin = (await close_shop(database, twin)).left if twin is not None else 0
    if before.business.moved_to not in {None, NOWHERE}:  # now, for the twin's turn has held all others again
        await hold_again(database, but=business_id)
        await database.write(lambda connection: _delete_keys(connection, [business_id]))
    for _ in range(before.rows.get(customer.name, 0) // AT_ONCE):
        await database.write(lambda connection: delete_customers(connection, business_id))
    for table in own_tables():
        if table not in {business, customer, telegram_bot}:  # others refer to these
            await delete_rows(database, table, business_id, portions=before.rows.get(table.name, 0) // AT_ONCE)
    await finish(database, lambda connection: _delete_the_rest(connection, business_id))
    await forget_rest(database, business_id)
    left = await database.read(
        lambda connection: sum(counted(connection, business_id).values()) + _left_of_bots(connection, bots)
    )
    return ClosedShop(business=before.business, rows=before.rows, left=left + left_of_twin)


def _mark(connection: Connection, business_id: int) -> None:
    both = or_(business.c.id == business_id, business.c.test_of == business_id)
    connection.execute(update(business).where(both, business.c.moved_to.is_(None)).values(moved_to=NOWHERE)).close()
    closing = select(business.c.id).where(both, business.c.moved_to == NOWHERE)
    _delete_keys(connection, connection.scalars(closing).all())


def _delete_keys(connection: Connection, shops: Sequence[int]) -> None:
    connection.execute(delete(api_key).where(api_key.c.business_id.in_(shops))).close()


async def unfinished_closings(database: Database) -> Sequence[int]:
    """The shops whose deleting was begun and has not come to its end. A twin goes with its shop, if that goes."""
    shop = business.alias()
    goes_too = select(shop.c.id).where(shop.c.id == business.c.test_of, shop.c.moved_to == NOWHERE)
    begun = select(business.c.id).where(business.c.moved_to == NOWHERE, ~goes_too.correlate(business).exists())
    return await database.read(lambda connection: connection.scalars(begun.order_by(business.c.id)).all())


def has_whole_books(connection: Connection, business_id: int) -> bool:
    """Whether a shop is there, and is not being deleted."""
    here = business.c.moved_to.is_distinct_from(NOWHERE)
    return connection.scalar(select(business.c.id).where(business.c.id == business_id, here)) is not None


def _bots_of(connection: Connection, business_id: int) -> Sequence[int]:
    return connection.scalars(select(telegram_bot.c.bot_id).where(telegram_bot.c.business_id == business_id)).all()


async def forget_rest(database: Database, business_id: int) -> Mapping[str, int]:
    """Delete the last rows that others wrote of a shop that is gone, with its bot; return how many rows of each table.

    A shop that is there loses nothing.
    """
    await forget_bots(database)
    left = await database.read(lambda connection: _rest_of(connection, business_id))
    if left:
        await database.write(lambda connection: _delete_rest_of(connection, business_id))
    return left


def _delete_rest_of(connection: Connection, business_id: int) -> None:
    if _rest_of(connection, business_id):  # still: a shop with that number may have moved in
        _delete_own(connection, business_id)


def _rest_of(connection: Connection, business_id: int) -> dict[str, int]:
    is_there = connection.scalar(select(business.c.id).where(business.c.id == business_id)) is not None
    return {} if is_there else counted(connection, business_id)


async def forget_bots(database: Database) -> int:
    """Delete the bots of shops that are gone, with the last rows that their processes wrote; return how many bots."""
    there = select(telegram_bot.c.bot_id).where(IS_NOBODYS)
    if not await database.read(lambda connection: connection.scalars(there).all()):
        return 0
    return await database.write(_delete_bots)


def _delete_bots(connection: Connection) -> int:
    nobodys = select(telegram_bot.c.bot_id).where(IS_NOBODYS).with_for_update()
    bots = connection.scalars(nobodys).all()
    for table in (*_of_bots(), telegram_bot):
        connection.execute(delete(table).where(table.c.bot_id.in_(bots))).close()
    return len(bots)


def _without_bot(table: Table, bots: Sequence[int]) -> ColumnElement[bool]:
    """Which rows of a table belong to one of these bots, if that is gone or nobody's."""
    return and_(table.c.bot_id.in_(bots), table.c.bot_id.not_in(select(telegram_bot.c.bot_id).where(~IS_NOBODYS)))


def _of_bots() -> list[Table]:
    """The tables whose rows have a bot and no shop."""
    tables = [table for table in own_tables() if "bot_id" in table.c]
    return [table for table in tables if "business_id" not in table.c or table.name in OTHERS_TOO]


def _left_of_bots(connection: Connection, bots: Sequence[int]) -> int:
    asked = (select(func.count()).select_from(table).where(_without_bot(table, bots)) for table in _of_bots())
    return sum(connection.scalar(one) or 0 for one in asked) if bots else 0


def own_tables() -> list[Table]:
    """The tables with rows of a shop; those that refer to others come first, the shop's own row last."""
    tables = reversed(metadata.sorted_tables)
    return [t for t in tables if t is not business and {"business_id", "bot_id"} & {*t.c.keys()}] + [business]


def is_own(table: Table, business_id: int) -> ColumnElement[bool]:
    """Which rows of a table are the shop's own: its rows, and those of its own bot."""
    if table is business:
        return business.c.id == business_id
    bots = select(telegram_bot.c.bot_id).where(telegram_bot.c.business_id == business_id)
    of_bot = table.c.bot_id.in_(bots) if "bot_id" in table.c and table is not telegram_bot else false()
    names_it = "business_id" in table.c and table.name not in OTHERS_TOO
    return or_(table.c.business_id == business_id if names_it else false(), of_bot)


def counted(connection: Connection, business_id: int) -> dict[str, int]:
    """How many rows of each table are the shop's own; tables without one are left out."""
    counts = {
        table.name: connection.execute(select(func.count()).where(is_own(table, business_id))).scalar_one()
        for table in own_tables()
    }
    return {name: count for name, count in sorted(counts.items()) if count}


def delete_customers(connection: Connection, business_id: int) -> int:
    """Delete some customers with everything that hangs on them; return how many. Their cards are locked first."""
    own = select(customer.c.id).where(customer.c.business_id == business_id).order_by(customer.c.id)
    numbers = list(connection.scalars(own.limit(AT_ONCE).with_for_update()))
    for table in own_tables():
        if "customer_id" in table.c:
            hangs = and_(table.c.business_id == business_id, table.c.customer_id.in_(numbers))
            connection.execute(delete(table).where(hangs)).close()
    gone = and_(customer.c.business_id == business_id, customer.c.id.in_(numbers))
    connection.execute(delete(customer).where(gone)).close()
    return len(numbers)


async def delete_rows(database: Database, table: Table, business_id: int, *, portions: int) -> None:
    """Delete most of a table's rows of the shop, some at a time."""
    key = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(is_own(table, business_id)).limit(AT_ONCE)
    for _ in range(portions):
        keys = await database.read(lambda connection: [tuple(row) for row in connection.execute(some)])
        own = table.c.business_id == business_id if "business_id" in table.c else true()
        await database.write(_running(table, and_(own, key.in_(keys))))


def _running(table: Table, which: ColumnElement[bool]) -> Callable[[Connection], None]:
    return lambda connection: connection.execute(delete(table).where(which)).close()


async def finish(database: Database, delete_the_rest: Callable[[Connection], None]) -> None:
    """Delete what came meanwhile. What a batch of the counter booked just now is seen by the next try. Raises Busy."""
    for _ in range(TRIES):
        try:
            await database.write(delete_the_rest)
        except (IntegrityError, Busy):  # a deadlock with a batch is Busy too
            continue
        return
    raise Busy


def _delete_the_rest(connection: Connection, business_id: int) -> None:
    """Delete the customers, then everything else, the shop last; its bots are nobody's then."""
    delete_all_customers(connection, business_id)
    for change in _detached(business_id):
        connection.execute(change).close()
    _delete_own(connection, business_id)
    connection.execute(update(telegram_bot).where(is_own(telegram_bot, business_id)).values(OF_NOBODY)).close()
    connection.execute(delete(business).where(is_own(business, business_id))).close()


def _delete_own(connection: Connection, business_id: int) -> None:
    for table in own_tables():
        if table not in {telegram_bot, business}:
            connection.execute(delete(table).where(is_own(table, business_id))).close()


def delete_all_customers(connection: Connection, business_id: int) -> None:
    """Delete all customers with everything that hangs on them; until the transaction ends, no batch is under way.

    Locks customers, totals and the shop, in the order of the counter.
    """
    own = select(func.count()).where(customer.c.business_id == business_id)
    for _ in range(connection.execute(own).scalar_one() // AT_ONCE):  # no more: others may join faster than they go
        delete_customers(connection, business_id)
    for locked in (business_total.c.business_id, business.c.id):
        connection.execute(select(locked).where(locked == business_id).with_for_update()).close()
    while delete_customers(connection, business_id):  # who joined before the locks were had
        pass


def _detached(business_id: int) -> Iterator[Update]:
    """Changes that make rows of other people's name the shop no more, with what they were just entering for it."""
    for name in OTHERS_TOO:
        table = metadata.tables[name]
        empty = {column: None for column in ("business_id", "branch_id", "draft") if column in table.c}
        yield update(table).where(table.c.business_id == business_id).values(empty)
