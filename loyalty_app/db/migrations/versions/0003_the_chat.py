"""The chat.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "telegram_chat",
        sa.Column("bot_id", BigId, nullable=False),
        sa.Column("chat_id", BigId, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("language_code", sa.String(length=16), nullable=True),
        sa.Column("business_id", BigId, nullable=True),
        sa.Column("branch_id", BigId, nullable=True),
        sa.Column("screen_id", BigId, nullable=True),
        sa.Column("last_id", BigId, nullable=True),
        sa.Column("draft", sa.LargeBinary(), nullable=True),
        sa.Column("blocked_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "chat_id", name=op.f("pk_telegram_chat")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "telegram_update",
        sa.Column("bot_id", BigId, nullable=False),
        sa.Column("update_id", BigId, nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(length=40), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("bot_id", "update_id", name=op.f("pk_telegram_update")),
        sqlite_with_rowid=True,
    )
    with op.batch_alter_table("telegram_update", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_telegram_update_done_at"), ["done_at"], unique=False)
        batch_op.create_index(
            "ix_telegram_update_queue",
            ["bot_id", "person_id", "update_id"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "telegram_bot",
        sa.Column("bot_id", BigId, autoincrement=False, nullable=False),
        sa.Column("business_id", BigId, nullable=True),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.Column("poll_lease", sa.String(length=40), nullable=True),
        sa.Column("poll_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_telegram_bot_business")),
        sa.PrimaryKeyConstraint("bot_id", name=op.f("pk_telegram_bot")),
    )
    with op.batch_alter_table("telegram_bot", schema=None) as batch_op:
        batch_op.create_index(
            "uq_telegram_bot_business_id",
            ["business_id"],
            unique=True,
            sqlite_where=sa.text("business_id IS NOT NULL AND removed_at IS NULL"),
            postgresql_where=sa.text("business_id IS NOT NULL AND removed_at IS NULL"),
        )

    op.create_table(
        "telegram_card",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("bot_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("message_id", BigId, nullable=True),
        sa.Column("shown_version", sa.Integer(), nullable=False),
        sa.Column("shown_stamps", sa.Integer(), nullable=False),
        sa.Column("shown_rewards", sa.Integer(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease", sa.String(length=40), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id", "customer_id"],
            ["customer.business_id", "customer.id"],
            name=op.f("fk_telegram_card_customer"),
        ),
        sa.PrimaryKeyConstraint("business_id", "bot_id", "user_id", name=op.f("pk_telegram_card")),
        sa.UniqueConstraint(
            "business_id", "customer_id", "bot_id", name=op.f("uq_telegram_card_business_id_customer_id_bot_id")
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("telegram_card", schema=None) as batch_op:
        batch_op.create_index(
            "ix_telegram_card_queue",
            ["bot_id", "due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_telegram_card_user_id"), ["user_id"], unique=False)

    # Not in a batch: for the default's sake SQLite's table would be made anew, and nobody may drop one that others
    # refer to.
    op.add_column("business", sa.Column("card_color", sa.String(length=7), nullable=True))
    op.add_column("business", sa.Column("card_notices", sa.Boolean(), server_default=sa.true(), nullable=False))

    with op.batch_alter_table("invite", schema=None) as batch_op:
        batch_op.add_column(sa.Column("used_by", BigId, nullable=True))
        batch_op.add_column(sa.Column("invited_by", BigId, nullable=True))
        batch_op.create_index(batch_op.f("ix_invite_token_hash"), ["token_hash"], unique=False)

    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("facts", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("told_to", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("next_at", UtcDateTime(), nullable=True))
        batch_op.create_index(
            "ix_notice_untold",
            ["at"],
            unique=False,
            sqlite_where=sa.text("told_at IS NULL"),
            postgresql_where=sa.text("told_at IS NULL"),
        )

    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.add_column(sa.Column("user_id", BigId, nullable=True))
        batch_op.create_index("ix_staff_user_id", ["user_id"], unique=False)
        batch_op.create_index(
            "uq_staff_business_id_user_id",
            ["business_id", "user_id"],
            unique=True,
            sqlite_where=sa.text("user_id IS NOT NULL AND removed_at IS NULL"),
            postgresql_where=sa.text("user_id IS NOT NULL AND removed_at IS NULL"),
        )
