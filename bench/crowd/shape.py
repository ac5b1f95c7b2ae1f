"""The shape of a crowd: how often each customer came and when, computed from the customer's number.

Time is cut into slots. In each slot a customer gets at most one stamp, or takes a reward: after ten slots of stamps
comes one in which every other customer redeems. Ids rise with time, as if the ledger had been written day by day.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from bench.shops import GOAL
from loyalty_core.customers import CODE_LETTERS, CODE_RANDOM_BYTES, new_code

DAYS = 730
SCRAMBLE, CODES = 1_099_511_627_689, 2 ** (5 * CODE_LETTERS) - 1
"""The odd factor gives each number a code of its own."""


class Crowd(msgspec.Struct, frozen=True, kw_only=True):
    """The number of shops, customers of all shops, and stamps; redemptions come on top."""

    shops: int = 1
    customers: int = 10_000
    stamps: int = 100_000

    def __post_init__(self) -> None:
        """Refuse sizes that would put two stamps of a customer on one day."""
        if self.slots > DAYS or self.shops > self.customers:
            message = f"Too many: a shop needs a customer, and a customer has {DAYS * GOAL // (2 * GOAL + 2)} stamps."
            raise SystemExit(message)

    @property
    def most(self) -> int:
        """The most visits of one customer; the average is half of it."""
        return max(1, 2 * self.stamps // self.customers - 1)

    @property
    def slots(self) -> int:
        """The number of slots."""
        return self.most + self.most // GOAL

    def visit(self, slot: int) -> int | None:
        """Which visit of a customer falls into a slot, from 0 upwards; None if the slot is for redemptions."""
        full, rest = divmod(slot, GOAL + 1)
        return None if rest == GOAL else GOAL * full + rest


def code_of(customer: int) -> str:
    """The code of a customer, as the database computes it."""
    return new_code((customer * SCRAMBLE & CODES).to_bytes(CODE_RANDOM_BYTES, "big"))


def beginning() -> int:
    """When the first customer came, in Unix seconds: so that the last one came yesterday."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((today - timedelta(days=DAYS)).timestamp())
