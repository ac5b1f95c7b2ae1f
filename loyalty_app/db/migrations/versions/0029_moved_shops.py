"""Moved shops: where a shop is now that has left, and where one came from that was moved here.

No row is touched. An older server may go on beside; it refuses changes of a shop that moves as it does for a lock.

Revision 0029, after 0028.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("business", sa.Column("moved_to", sa.Text(), nullable=True))
    op.create_table(
        "shop_arrival",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("came_from", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", "came_from", name="pk_shop_arrival"),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name="fk_shop_arrival_business"),
        sqlite_with_rowid=False,
    )
