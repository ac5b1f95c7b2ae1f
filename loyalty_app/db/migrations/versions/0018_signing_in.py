"""Signing in to the pages: sessions, links for one use, passkeys.

Revision 0018, after 0017.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "page_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("bot_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("language", sa.String(16), nullable=True),
        sa.Column("proof", sa.LargeBinary(), nullable=True),
        sa.Column("retry", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_page_session")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_page_session_bot_id_user_id", "page_session", ["bot_id", "user_id"], unique=False)
    op.create_index("uq_page_session_proof", "page_session", ["proof"], unique=True)
    op.create_table(
        "sign_in_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("bot_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("language", sa.String(16), nullable=True),
        sa.Column("page", sa.String(16), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_link")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sign_in_link_bot_id_user_id", "sign_in_link", ["bot_id", "user_id"], unique=False)
    op.create_table(
        "passkey",
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("bot_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("language", sa.String(16), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", BigId, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("pk_passkey")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_passkey_bot_id_user_id", "passkey", ["bot_id", "user_id"], unique=False)
    op.create_table(
        "passkey_challenge",
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("bot_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_passkey_challenge")),
        sqlite_with_rowid=False,
    )
