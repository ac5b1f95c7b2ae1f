"""The words by which customers are found. They are filled in by the server, some customers at a time.

Revision 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

WITHOUT_WORDS = sa.text("substr(search_text, 1, 1) <> '\n'")


def upgrade() -> None:
    op.create_table(
        "customer_word",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("word", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.PrimaryKeyConstraint("business_id", "word", "customer_id", name=op.f("pk_customer_word")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_customer_without_words",
        "customer",
        ["business_id", "id"],
        unique=False,
        sqlite_where=WITHOUT_WORDS,
        postgresql_where=WITHOUT_WORDS,
    )
