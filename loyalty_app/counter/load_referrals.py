"""Loading referrals: who brings whom along, and who had a card before. Nothing is decided here.

A customer who brings somebody along is read and not locked; one who is thanked was locked before.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from loyalty_app.counter.load_merges import kept_ids
from loyalty_app.counter.orders import Join, Request, ThankReferrer, holder_of, referrer_of
from loyalty_app.counter.referrals import person_number, referral_of
from loyalty_app.counter.state import BatchState
from loyalty_app.db import tables
from loyalty_app.db.bulk import Wanted
from loyalty_app.db.engine import Database
from loyalty_app.db.rows import customer_of
from loyalty_core.referrals import Referral


def read_referrals(database: Database, connection: Connection, state: BatchState, requests: Sequence[Request]) -> None:
    """Read what referrals depend on. Most batches ask nothing."""
    joins = [one for one in requests if isinstance(one.order, Join) and referrer_of(one) is not None]
    thanks: list[Wanted] = [
        (one.business_id, one.order.other) for one in requests if isinstance(one.order, ThankReferrer)
    ]
    if joins:
        _read_friends(database, connection, state, joins)
    if thanks:
        for row in database.fetch(connection, tables.referral, ("business_id", "customer_id"), thanks):
            state.referrals.keep(row)


def _read_friends(database: Database, connection: Connection, state: BatchState, joins: Iterable[Request]) -> None:
    """The customers whose links were opened, into whom they were merged, and who of the people had a card before."""
    codes, people = list[Wanted](), list[Wanted]()
    for request in joins:
        codes.append((request.business_id, referrer_of(request)))
        if (holder := holder_of(request)) is not None:
            people.append((request.business_id, person_number(holder.user_id)))
    named = database.fetch(connection, tables.customer, ("business_id", "qr_code"), codes)
    into = kept_ids(database, connection, named)
    for row in (*named, *database.fetch(connection, tables.customer, ("business_id", "id"), into)):
        if (row.business_id, row.id) not in state.customers:
            state.keep_customer(customer_of(row))
    for row in database.fetch(connection, tables.former_holder, ("business_id", "person"), people):
        state.referrals.keep_former(row)


def waiting_referral(connection: Connection, business_id: int, customer_id: int) -> Referral | None:
    """The customer who brought another along, if nothing came of it yet."""
    own = tables.referral.c
    waiting = (own.business_id == business_id, own.customer_id == customer_id, own.result.is_(None))
    row = connection.execute(select(tables.referral).where(*waiting)).one_or_none()
    return None if row is None else referral_of(row)
