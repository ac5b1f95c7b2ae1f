"""Posting lists: who has a beginning of words that many have. A server fills them in for large shops.

Their tables are added, and stay empty at first; and indexes of what belongs to further programs of a shop. An older
server beside notes no changes for the lists; those of a shop are not used while the number of its customers shows that,
and are made again each day.

Revision 0035, after 0034.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


NEW = {
    "ix_transaction_program": ("transaction", ["business_id", "program_id", "id"]),
    "ix_reward_program": ("reward", ["business_id", "program_id", "status", "id"]),
}


def upgrade() -> None:
    some = sa.text("program_id IS NOT NULL")
    for name, (table, columns) in NEW.items():
        op.create_index(name, table, columns, unique=False, sqlite_where=some, postgresql_where=some)
    op.create_table(
        "posting_list",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("beginning", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("part", BigId, nullable=False),
        sa.Column("customers", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", "beginning", "part", name=op.f("pk_posting_list")),
    )
    op.create_table(
        "posting_index",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("made_at", UtcDateTime()),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("busy_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", name=op.f("pk_posting_index")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "posting_change",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", "customer_id", name=op.f("pk_posting_change")),
        sqlite_with_rowid=False,
    )
