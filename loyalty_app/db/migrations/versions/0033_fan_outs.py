"""Fan-outs: events whose deliveries a worker writes, because many endpoints want them.

A table is added. An older server beside writes its deliveries itself and leaves this table alone.

Revision 0033, after 0032.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fan_out",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("endpoint_ids", sa.Text(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", "event_id", name=op.f("pk_fan_out")),
        sqlite_with_rowid=False,
    )
