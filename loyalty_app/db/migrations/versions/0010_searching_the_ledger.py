"""Indexes to search the ledger of a shop by type, by branch, and by orders that were undone.

Revision 0010, after 0009. A stamp without a branch is in none of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NEW = {
    "ix_transaction_type": (["business_id", "type", "id"], "type <> 'stamp'"),
    "ix_transaction_branch_id": (["business_id", "branch_id", "id"], "branch_id IS NOT NULL"),
    "ix_transaction_undone_order_ref": (
        ["business_id", "order_ref"],
        "order_ref IS NOT NULL AND voided_by IS NOT NULL",
    ),
}


def upgrade() -> None:
    for name, (columns, where) in NEW.items():
        some = sa.text(where)
        op.create_index(name, "transaction", columns, sqlite_where=some, postgresql_where=some)
