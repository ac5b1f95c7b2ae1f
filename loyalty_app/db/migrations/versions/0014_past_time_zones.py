"""The time zones that a shop had: days that were booked in them stay what they were.

Revision 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("business", sa.Column("past_timezones", sa.Text(), nullable=True))
