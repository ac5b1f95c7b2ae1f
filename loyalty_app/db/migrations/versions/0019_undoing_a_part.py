"""Undoing a part: how many stamps of an entry were undone, besides those for which it still counts.

No old entry was undone in part; the column is added without touching a row.

Revision 0019, after 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("transaction", sa.Column("stamps_voided", sa.Integer(), nullable=True))
