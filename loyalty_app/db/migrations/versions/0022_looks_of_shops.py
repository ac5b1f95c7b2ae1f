"""Looks of shops: a logo, a sign of the stamps, opening hours and an address; how an uploaded list was read.

Revision 0022, after 0021.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shop_look",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("stamp_sign", sa.String(length=64), nullable=True),
        sa.Column("stamp_picture", sa.LargeBinary(), nullable=True),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("opening_hours", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_shop_look_business")),
        sa.PrimaryKeyConstraint("business_id", name=op.f("pk_shop_look")),
    )
    op.add_column("import_job", sa.Column("sheet", sa.LargeBinary(), nullable=True))
