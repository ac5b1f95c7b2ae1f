"""Polling leases: a table of their own, so that on a cluster one machine alone is written to.

No row is touched. A server of an older release, which may go on beside, has its lease in the row of the bot; newer ones
look there too.

Revision 0032, after 0031.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "polling_lease",
        sa.Column("bot_id", BigId, nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", name=op.f("pk_polling_lease")),
    )
