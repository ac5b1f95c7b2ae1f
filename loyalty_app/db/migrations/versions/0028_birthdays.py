"""Birthdays: what a shop gives for them, when a birthday was told, and what a chat was told of.

Columns are added without touching a row, and an older server beside can go on writing. The index is of customers who
told their birthday.

Revision 0028, after 0027.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

TOLD = sa.text("birthday IS NOT NULL")


def upgrade() -> None:
    op.add_column("program", sa.Column("birthday", sa.Text(), nullable=True))
    op.add_column("program_terms", sa.Column("birthday", sa.Text(), nullable=True))
    op.add_column("business", sa.Column("birthdays_on", sa.Date(), nullable=True))
    op.add_column("customer", sa.Column("birthday_set_at", UtcDateTime(), nullable=True))
    op.add_column("telegram_card", sa.Column("told_gift", BigId, nullable=True))
    op.create_index(
        "ix_customer_birthday",
        "customer",
        ["business_id", "birthday"],
        unique=False,
        sqlite_where=TOLD,
        postgresql_where=TOLD,
    )
