"""Histories: customers with all that was ever done to their cards, read a few at a time so that memory stays small."""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Table, select

from loyalty_app.db.rows import customer_of, entry_of, reward_of
from loyalty_app.db.tables import customer, reward, transaction
from loyalty_core.customers import Customer
from loyalty_core.ledger import Entry
from loyalty_core.rewards import Reward

AT_ONCE = 200


class CustomerHistory(msgspec.Struct, frozen=True):
    """One customer with the whole ledger and all rewards."""

    customer: Customer
    entries: list[Entry]
    rewards: list[Reward]


def histories(connection: Connection, business_id: int) -> Iterator[CustomerHistory]:
    """All customers of a business with their histories, the erased ones too, read a few at a time."""
    last = 0
    while True:
        following = select(customer).where(customer.c.business_id == business_id, customer.c.id > last)
        rows = connection.execute(following.order_by(customer.c.id).limit(AT_ONCE)).all()
        if not rows:
            return
        found = {row.id: CustomerHistory(customer_of(row), [], []) for row in rows}
        first, last = rows[0].id, rows[-1].id
        for row in connection.execute(_between(transaction, business_id, first=first, last=last)):
            found[row.customer_id].entries.append(entry_of(row))
        for row in connection.execute(_between(reward, business_id, first=first, last=last)):
            found[row.customer_id].rewards.append(reward_of(row))
        yield from found.values()


def _between(table: Table, business_id: int, *, first: int, last: int) -> Select[Any]:
    own = (table.c.business_id == business_id, table.c.customer_id.between(first, last))
    return select(table).where(*own).order_by(table.c.customer_id, table.c.id)
