"""What is owed, and flags: the cost of a reward, an index of open rewards, what was flagged, and a shop's rules for it.

The columns are added without touching a row; then the open rewards of shops with branches learn where they were
earned, and the index of open rewards is made. Entries know it too: what an older server writes meanwhile is read there.

Revision 0021, after 0020.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

OPEN = sa.text("status = 'available'")
EARNED_AT = """
    UPDATE reward SET branch_id = coalesce((
        SELECT entry.branch_id FROM "transaction" AS entry
        WHERE entry.business_id = reward.business_id AND entry.id = reward.transaction_id
    ), 0)
    WHERE status = 'available' AND business_id IN (SELECT business_id FROM branch)
"""


def upgrade() -> None:
    op.add_column("program", sa.Column("reward_cost", BigId, nullable=True))
    op.add_column("program", sa.Column("currency", sa.String(length=3), nullable=True))
    op.add_column("business", sa.Column("flag_rules", sa.Text(), nullable=True))
    op.add_column("business", sa.Column("flags_told_on", sa.Date(), nullable=True))
    op.add_column("reward", sa.Column("branch_id", BigId, nullable=True))
    op.execute(EARNED_AT)
    op.create_index(
        "ix_reward_open",
        "reward",
        ["business_id", "earned_at", "expires_at", "branch_id"],
        unique=False,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_table(
        "flag",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("subject", BigId, nullable=False),
        sa.Column("transaction_id", BigId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_flag")),
        sa.UniqueConstraint("business_id", "kind", "day", "subject", name=op.f("uq_flag_business_id_kind_day_subject")),
        sqlite_with_rowid=False,
    )
