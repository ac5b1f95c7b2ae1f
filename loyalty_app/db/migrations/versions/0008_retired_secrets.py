"""Secrets of webhooks that were rotated away within a day sign too, however many there are. They have a table.

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retired_secret",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("endpoint_id", BigId, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("valid_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", "endpoint_id", "secret", name="pk_retired_secret"),
    )
