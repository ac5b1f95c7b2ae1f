"""Rotating codes: which codes a program takes, and which rotating code an entry of the ledger has used up.

No old entry has used one, so the index is empty at first; the columns are added without touching a row.

Revision 0017, after 0016.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

WITH_CODE = sa.text("code_key IS NOT NULL")


def upgrade() -> None:
    fixed = sa.text("'fixed'")
    op.add_column("program", sa.Column("card_codes", sa.String(length=16), nullable=False, server_default=fixed))
    op.add_column("transaction", sa.Column("code_key", sa.BigInteger(), nullable=True))
    op.create_index(
        "uq_transaction_code_key",
        "transaction",
        ["business_id", "code_key", "type"],
        unique=True,
        sqlite_where=WITH_CODE,
        postgresql_where=WITH_CODE,
    )
