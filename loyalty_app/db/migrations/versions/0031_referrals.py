"""Referrals: what a shop gives for friends, who was brought along by whom, and who had a card in a chat before.

Columns and tables are added without touching a row, and an older server beside can go on writing.

Revision 0031, after 0030.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

WAITING = sa.text("result IS NULL")


def upgrade() -> None:
    op.add_column("program", sa.Column("referral", sa.Text(), nullable=True))
    op.add_column("program_terms", sa.Column("referral", sa.Text(), nullable=True))
    op.create_table(
        "referral",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("referrer_id", BigId, nullable=False),
        sa.Column("referred_at", UtcDateTime(), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("transaction_id", BigId, nullable=True),
        sa.PrimaryKeyConstraint("business_id", "customer_id", name=op.f("pk_referral")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_referral_business_id_referrer_id"), "referral", ["business_id", "referrer_id"])
    op.create_index(
        "ix_referral_waiting",
        "referral",
        ["business_id", "customer_id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_table(
        "former_holder",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", "person", name=op.f("pk_former_holder")),
        sqlite_with_rowid=False,
    )
