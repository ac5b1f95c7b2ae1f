"""Ledgers in disorder: generated entries, with late stamps, clocks that are apart, and gaps in the ids.

They are written into the table as they are; cards and totals know nothing of them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from msgspec import Struct
from sqlalchemy import Connection

from loyalty_app.customers.ledger_times import CLOCKS
from loyalty_app.db.tables import transaction
from loyalty_app.ids import Kind
from loyalty_app.moving.heights import go_on_behind
from loyalty_core.ledger import EntryType
from loyalty_core.stamping import EARLIEST
from testkit.shop import Shop

TYPES = (EntryType.STAMP, EntryType.STAMP, EntryType.STAMP, EntryType.REDEEM, EntryType.VOID)


class Booked(Struct, frozen=True):
    """An entry: its id, when it was booked and when it happened, and what it is about."""

    id: int
    booked_at: datetime
    occurred_at: datetime
    customer_id: int
    type: EntryType
    voided_by: int | None


def generate(
    dice: Random, *, end: datetime, entries: int, customers: Sequence[int], late: float, days: int = 40
) -> list[Booked]:
    """So many entries of the days before `end`, in the order of their ids; that part of them is `late`.

    They are booked within two hours of each day.
    """
    moments = sorted(end - timedelta(days=dice.randrange(days), hours=2 * dice.random()) for _ in range(entries))
    number, found = 0, []
    for booked_at in moments:
        number += 1 if dice.random() < 0.7 else dice.randint(2, 400)
        apart = CLOCKS * dice.choice((0, 0, 0, dice.random(), 1 - 1e-6))
        late_by = EARLIEST * dice.choice((1.0, dice.random(), dice.random() / 50)) * (dice.random() < late)
        customer, kind = dice.choice(customers), dice.choice(TYPES)
        voided_by = number + 1 if dice.random() < 0.05 else None
        found.append(Booked(number, booked_at, booked_at - apart - late_by, customer, kind, voided_by))
    return found


async def write(shop: Shop, ledger: Sequence[Booked]) -> None:
    """Write entries into the ledger of a shop."""
    rows = [
        {
            "business_id": shop.business.id,
            "id": one.id,
            "customer_id": one.customer_id,
            "type": one.type.value,
            "stamps": 1,
            "actor_type": "api_key",
            "occurred_at": one.occurred_at,
            "program_version": 1,
            "voided_by": one.voided_by,
        }
        for one in ledger
    ]

    def work(connection: Connection) -> None:
        shop.database.insert(connection, transaction, rows)
        go_on_behind(shop.database, connection, {**dict.fromkeys(Kind, 0), Kind.TRANSACTION: ledger[-1].id})

    await shop.database.write(work)
