"""Notices are leased under a token, as everything else that waits. `next_at` stays the moment at which a lease ends.

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notice", sa.Column("lease", sa.String(length=40), nullable=True))
