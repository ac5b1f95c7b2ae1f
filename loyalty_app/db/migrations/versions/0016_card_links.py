"""Private links of cards, and whether a shop's page in the web hands out cards.

Revision 0016, after 0015.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

VALID = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "card_link",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("business_id", "digest", name="pk_card_link"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_card_link_digest", "card_link", ["digest"], unique=False)
    op.create_index("ix_card_link_business_id_customer_id", "card_link", ["business_id", "customer_id"], unique=False)
    op.create_index(
        "uq_card_link_valid",
        "card_link",
        ["business_id", "customer_id"],
        unique=True,
        sqlite_where=VALID,
        postgresql_where=VALID,
    )
    op.add_column("business", sa.Column("join_by_page", sa.Boolean(), server_default=sa.false(), nullable=False))
