"""Closed branches: since when a branch takes no stamps.

The column is added without touching a row. An older server that goes on beside takes stamps at a closed branch.

Revision 0024, after 0023.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("branch", sa.Column("closed_at", UtcDateTime(), nullable=True))
