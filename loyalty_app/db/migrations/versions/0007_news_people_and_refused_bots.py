"""News that can be taken back, notices for named people, bots that were refused, and who of the staff did what.

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BY_STAFF = sa.text("actor_type = 'staff'")


def upgrade() -> None:
    op.add_column("telegram_card", sa.Column("news", sa.Text(), nullable=True))
    op.add_column("telegram_bot", sa.Column("refused_at", UtcDateTime(), nullable=True))
    op.add_column("notice", sa.Column("people", sa.Text(), nullable=True))
    op.create_index(
        "ix_transaction_staff",
        "transaction",
        ["business_id", "actor_id", "occurred_at"],
        sqlite_where=BY_STAFF,
        postgresql_where=BY_STAFF,
    )
