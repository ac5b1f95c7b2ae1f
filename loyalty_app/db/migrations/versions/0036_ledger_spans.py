"""Spans of ledgers: what the entries of a large shop have reached, and which of them straggle. A server fills them in.

Three tables are added, and stay empty at first. An older server beside notices nothing.

Revision 0036, after 0035.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_span",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("first_id", BigId, nullable=False),
        sa.Column("end_id", BigId, nullable=False),
        sa.Column("reached", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", "first_id", name=op.f("pk_ledger_span")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ledger_span_business_id_reached", "ledger_span", ["business_id", "reached"], unique=False)
    op.create_table(
        "straggler",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("id", BigId, nullable=False),
        sa.PrimaryKeyConstraint("business_id", "occurred_at", "id", name=op.f("pk_straggler")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_height",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.Column("height", BigId, nullable=False),
        sa.PrimaryKeyConstraint("business_id", "noted_at", name=op.f("pk_ledger_height")),
        sqlite_with_rowid=False,
    )
