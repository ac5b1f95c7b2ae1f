"""Test keys: a shop may have a twin, which holds what they write.

Revision 0015, after 0014.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("business", sa.Column("test_of", BigId, nullable=True))
    op.create_index("uq_business_test_of", "business", ["test_of"], unique=True)
