"""An index of the erased customers, who are few: summaries count them out.

Revision 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ERASED = sa.text("erased_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_customer_erased",
        "customer",
        ["business_id", "created_at"],
        unique=False,
        sqlite_where=ERASED,
        postgresql_where=ERASED,
    )
