"""Winning back: what a shop gives to who is away for long, when it last looked, and who wants no more of it.

Columns are added without touching a row, and an older server beside can go on writing. The index is of gifts that no
release has given yet: it is empty, and no stamp is ever in it.

Revision 0030, after 0029.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import UtcDateTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

GIVEN = sa.text("occasion = 'win_back'")


def upgrade() -> None:
    op.add_column("program", sa.Column("win_back", sa.Text(), nullable=True))
    op.add_column("program_terms", sa.Column("win_back", sa.Text(), nullable=True))
    op.add_column("business", sa.Column("won_back_at", UtcDateTime(), nullable=True))
    op.add_column("customer", sa.Column("opted_out_at", UtcDateTime(), nullable=True))
    op.create_index(
        "ix_transaction_win_back",
        "transaction",
        ["business_id", "customer_id", "occurred_at"],
        unique=False,
        sqlite_where=GIVEN,
        postgresql_where=GIVEN,
    )
