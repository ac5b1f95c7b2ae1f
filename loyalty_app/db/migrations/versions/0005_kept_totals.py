"""Totals that are kept: rewards by status, lines of the ledger, and who was last here on which day.

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NEW = {
    "business_total": ("redeemed", "expired", "voided"),
    "customer": ("entries",),
    "daily_total": ("last_visits", "last_visits_again"),
}


def upgrade() -> None:
    op.drop_index("ix_customer_business_id_day", table_name="customer")
    for table, names in NEW.items():
        kind = BigId if table == "business_total" else sa.Integer()
        for name in names:
            op.add_column(table, sa.Column(name, kind, server_default=sa.text("0"), nullable=False))
    _count_rewards()
    _count_entries()
    _count_last_visits()


def _count_rewards() -> None:
    """One pass over the rewards, whatever the number of shops."""
    counts = ", ".join(f"count(*) FILTER (WHERE status = '{name}') AS {name}" for name in NEW["business_total"])
    sums = f"SELECT business_id, {counts} FROM reward GROUP BY business_id"  # noqa: S608  # our own names
    changes = ", ".join(f"{name} = kept.{name}" for name in NEW["business_total"])
    op.execute(
        f"UPDATE business_total SET {changes} FROM ({sums}) AS kept "  # noqa: S608  # the same
        "WHERE kept.business_id = business_total.business_id"
    )


def _count_entries() -> None:
    """Cards without a single entry keep the 0 that they start with."""
    op.execute(
        "UPDATE customer SET entries = ledger.entries "
        'FROM (SELECT business_id, customer_id, count(*) AS entries FROM "transaction" GROUP BY 1, 2) AS ledger '
        "WHERE ledger.business_id = customer.business_id AND ledger.customer_id = customer.id"
    )


def _count_last_visits() -> None:
    stamps = ("visits", "stamps_added", "stamps_voided", "new_customers")
    figures = (*stamps, "rewards_earned", "rewards_redeemed", "rewards_expired")
    op.execute(
        f"INSERT INTO daily_total (business_id, day, {', '.join(figures)}, last_visits, last_visits_again) "  # noqa: S608  # the same
        f"SELECT business_id, day, {', '.join('0' for _ in figures)}, count(*), "
        "count(*) FILTER (WHERE total_visits > 1) "
        "FROM customer WHERE day IS NOT NULL AND erased_at IS NULL GROUP BY business_id, day "
        "ON CONFLICT (business_id, day) DO UPDATE "
        "SET last_visits = excluded.last_visits, last_visits_again = excluded.last_visits_again"
    )
