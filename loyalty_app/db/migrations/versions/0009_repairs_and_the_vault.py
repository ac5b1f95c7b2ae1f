"""What databases of some unreleased versions lack, and the fingerprint of the key of the secrets.

Revision 0009, after 0008.

Revision 0003 was changed several times after it had been used, and 0006 once. A database that came by an earlier form
of them lacks columns and indexes that the code needs. They are added here, each only if it is missing.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

QUEUE = ("ix_telegram_card_queue", "telegram_card", ["bot_id", "due_at"])


def upgrade() -> None:
    op.create_table(
        "vault",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault")),
        comment="One row: a value that only the key of the secrets gives, so that another key is noticed.",
    )
    inspector = sa.inspect(op.get_bind())
    for table, columns in _left_out().items():
        there = {column["name"] for column in inspector.get_columns(table)}
        for column in columns:
            if column.name not in there:
                op.add_column(table, column)
    if not _has_index(inspector, "invite", "ix_invite_token_hash", ["token_hash"]):
        op.create_index("ix_invite_token_hash", "invite", ["token_hash"])
    _index_the_queue_of_cards(inspector)


def _left_out() -> dict[str, list[sa.Column[Any]]]:
    return {
        "telegram_bot": [sa.Column("poll_lease", sa.String(40)), sa.Column("poll_until", UtcDateTime())],
        "telegram_chat": [sa.Column("last_id", BigId), sa.Column("branch_id", BigId)],
        "telegram_card": [sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False)],
        "notice": [
            sa.Column("facts", sa.Text()),
            sa.Column("told_to", sa.Text()),
            sa.Column("next_at", UtcDateTime()),
            sa.Column("lease", sa.String(40)),
        ],
    }


def _has_index(inspector: sa.Inspector, table: str, name: str, columns: list[str]) -> bool:
    there = {index["name"]: index["column_names"] for index in inspector.get_indexes(table)}
    return there.get(name) == columns


def _index_the_queue_of_cards(inspector: sa.Inspector) -> None:
    """An early form of this index began with the time, so that each bot read the cards of all."""
    name, table, columns = QUEUE
    if _has_index(inspector, table, name, columns):
        return
    op.execute(f"DROP INDEX IF EXISTS {name}")
    waiting = sa.text("due_at IS NOT NULL")
    op.create_index(name, table, columns, sqlite_where=waiting, postgresql_where=waiting)
