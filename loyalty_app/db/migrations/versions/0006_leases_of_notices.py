"""Notices are leased as everything else that waits: a token beside the moment at which the lease ends.

Revision 0006, after 0005. `next_at` stays the moment of the next try.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notice", sa.Column("lease", sa.String(length=40), nullable=True))
    op.add_column("notice", sa.Column("lease_until", UtcDateTime(), nullable=True))
