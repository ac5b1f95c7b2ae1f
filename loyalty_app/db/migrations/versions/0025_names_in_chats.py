"""Names in chats: under which name Telegram knew the person when their card was last looked at there.

A card whose customer still has that name follows it. The column is added without touching a row.

Revision 0025, after 0024.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("telegram_card", sa.Column("telegram_name", sa.Text(), nullable=True))
