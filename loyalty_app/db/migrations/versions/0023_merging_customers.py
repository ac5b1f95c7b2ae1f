"""Merging customers: who was merged into whom, for whom entries and rewards were, and two chats with one card.

Columns are added without touching a row. Only `telegram_card` is made anew on SQLite, which cannot drop a constraint.

Revision 0023, after 0022.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ADDED = {
    "customer": ["merged_into"],
    "transaction": ["of_customer"],
    "reward": ["of_customer", "of_transaction"],
}
OF_CUSTOMER = ["business_id", "customer_id", "bot_id"]


def upgrade() -> None:
    for table, columns in ADDED.items():
        for column in columns:
            op.add_column(table, sa.Column(column, BigId, nullable=True))
    op.add_column("past_profile", sa.Column("created_at", UtcDateTime(), nullable=True))
    op.create_table(
        "customer_merge",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("from_id", BigId, nullable=False),
        sa.Column("into_id", BigId, nullable=False),
        sa.Column("merged_at", UtcDateTime(), nullable=False),
        sa.Column("actor_type", sa.String(length=16), nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("undo", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("business_id", "from_id", name=op.f("pk_customer_merge")),
    )
    for column in ("into_id", "phone"):
        op.create_index(op.f(f"ix_customer_merge_business_id_{column}"), "customer_merge", ["business_id", column])
    # The other chat of a merged customer shows the same card.
    with op.batch_alter_table("telegram_card", table_kwargs={"sqlite_with_rowid": False}) as batch_op:
        batch_op.drop_constraint("uq_telegram_card_business_id_customer_id_bot_id", type_="unique")
        batch_op.create_index(op.f("ix_telegram_card_business_id_customer_id_bot_id"), OF_CUSTOMER)
