"""Lines of deliveries: an index by endpoint instead of one for all, and one of what is leased.

Revision 0020, after 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    queued, leased = sa.text("status = 'queued'"), sa.text("lease_until IS NOT NULL")
    op.create_index(
        "ix_delivery_line",
        "delivery",
        ["endpoint_id", "next_at", "id"],
        unique=False,
        sqlite_where=queued,
        postgresql_where=queued,
    )
    op.create_index(
        "ix_delivery_leased", "delivery", ["endpoint_id"], unique=False, sqlite_where=leased, postgresql_where=leased
    )
    op.drop_index("ix_delivery_queue", table_name="delivery")
