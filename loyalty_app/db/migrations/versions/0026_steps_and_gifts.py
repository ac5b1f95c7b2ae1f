"""Steps, head starts and bonus hours of a program, and the stamps that are a gift.

Columns are added with constant defaults, or without: no row is touched, and an older server beside can go on writing.

Revision 0026, after 0025.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    none = sa.text("0")
    op.add_column("program", sa.Column("steps", sa.Text(), nullable=True))
    op.add_column("program", sa.Column("opening_stamps", sa.Integer(), nullable=False, server_default=none))
    op.add_column("program", sa.Column("bonus_hours", sa.Text(), nullable=True))
    op.add_column("transaction", sa.Column("bonus_stamps", sa.Integer(), nullable=True))
    op.add_column("transaction", sa.Column("occasion", sa.String(length=16), nullable=True))
    op.add_column("customer", sa.Column("steps_since", sa.Integer(), nullable=False, server_default=none))
