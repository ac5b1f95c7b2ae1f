"""The first tables.

Revision 0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "business",
        sa.Column("id", BigId, nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("plan", sa.String(length=16), nullable=False),
        sa.Column("rate_limit", sa.Integer(), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("program_version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business")),
        sa.UniqueConstraint("slug", name=op.f("uq_business_slug")),
    )
    op.create_table(
        "daily_total",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("stamps_added", sa.Integer(), nullable=False),
        sa.Column("stamps_voided", sa.Integer(), nullable=False),
        sa.Column("new_customers", sa.Integer(), nullable=False),
        sa.Column("rewards_earned", sa.Integer(), nullable=False),
        sa.Column("rewards_redeemed", sa.Integer(), nullable=False),
        sa.Column("rewards_expired", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", "day", name=op.f("pk_daily_total")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_event")),
        sqlite_with_rowid=True,
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_event_business_id_customer_id"), ["business_id", "customer_id"], unique=False
        )

    op.create_table(
        "idempotency",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", "key", name=op.f("pk_idempotency")),
        sqlite_with_rowid=True,
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_idempotency_business_id_customer_id"), ["business_id", "customer_id"], unique=False
        )

    op.create_table(
        "numbers",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("last", BigId, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_numbers")),
        comment="The last number given out, for SQLite; PostgreSQL has sequences.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "api_key",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("id", BigId, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_api_key_business")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("public_id", "business_id", name=op.f("uq_api_key_public_id_business_id")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "branch",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_branch_business")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_branch")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "business_total",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("customers", BigId, nullable=False),
        sa.Column("outstanding", BigId, nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_business_total_business")),
        sa.PrimaryKeyConstraint("business_id", name=op.f("pk_business_total")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "customer",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("id", BigId, nullable=False),
        sa.Column("qr_code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("current_stamps", sa.Integer(), nullable=False),
        sa.Column("goal", sa.Integer(), nullable=False),
        sa.Column("program_version", sa.Integer(), nullable=False),
        sa.Column("total_stamps", sa.Integer(), nullable=False),
        sa.Column("total_visits", sa.Integer(), nullable=False),
        sa.Column("rewards_earned", sa.Integer(), nullable=False),
        sa.Column("rewards_available", sa.Integer(), nullable=False),
        sa.Column("last_visit_at", UtcDateTime(), nullable=True),
        sa.Column("last_visit_by", sa.Text(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("day_stamps", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_customer_business")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_customer")),
        sa.UniqueConstraint("business_id", "phone", name=op.f("uq_customer_business_id_phone")),
        sa.UniqueConstraint("qr_code", "business_id", name=op.f("uq_customer_qr_code_business_id")),
        postgresql_with={"fillfactor": "80"},
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customer_business_id_day"), ["business_id", "day"], unique=False)

    op.create_table(
        "invite",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_invite_business")),
        sa.PrimaryKeyConstraint("business_id", "token_hash", name=op.f("pk_invite")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "program",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stamps_required", sa.Integer(), nullable=False),
        sa.Column("reward_description", sa.Text(), nullable=False),
        sa.Column("surplus", sa.String(length=8), nullable=False),
        sa.Column("cooldown_seconds", sa.Integer(), nullable=False),
        sa.Column("daily_stamp_cap", sa.Integer(), nullable=True),
        sa.Column("reward_valid_days", sa.Integer(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_program_business")),
        sa.PrimaryKeyConstraint("business_id", "version", name=op.f("pk_program")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "staff",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_staff_business")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_staff")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reward",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("id", BigId, nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("transaction_id", BigId, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("earned_at", UtcDateTime(), nullable=False),
        sa.Column("redeemed_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["business_id", "customer_id"], ["customer.business_id", "customer.id"], name=op.f("fk_reward_customer")
        ),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_reward")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("reward", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reward_business_id_customer_id_id"), ["business_id", "customer_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_reward_business_id_status_id"), ["business_id", "status", "id"], unique=False
        )
        batch_op.create_index(
            "ix_reward_expires_at",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("status = 'available' AND expires_at IS NOT NULL"),
            postgresql_where=sa.text("status = 'available' AND expires_at IS NOT NULL"),
        )

    op.create_table(
        "transaction",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("id", BigId, nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("type", sa.String(length=8), nullable=False),
        sa.Column("stamps", sa.Integer(), nullable=False),
        sa.Column("reward_id", BigId, nullable=True),
        sa.Column("branch_id", BigId, nullable=True),
        sa.Column("order_ref", sa.Text(), nullable=True),
        sa.Column("actor_type", sa.String(length=16), nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("program_version", sa.Integer(), nullable=False),
        sa.Column("voids", BigId, nullable=True),
        sa.Column("voided_by", BigId, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["business_id", "customer_id"],
            ["customer.business_id", "customer.id"],
            name=op.f("fk_transaction_customer"),
        ),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_transaction")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("transaction", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_transaction_business_id_customer_id_id"), ["business_id", "customer_id", "id"], unique=False
        )
        batch_op.create_index(
            "uq_transaction_order_ref",
            ["business_id", "order_ref"],
            unique=True,
            sqlite_where=sa.text("order_ref IS NOT NULL AND voided_by IS NULL"),
            postgresql_where=sa.text("order_ref IS NOT NULL AND voided_by IS NULL"),
        )
    _give_out_numbers()


NAMES = ("business", "customer", "transaction", "reward", "branch", "staff", "api_key")


def _give_out_numbers() -> None:
    """Sequences on PostgreSQL, a row for each name on SQLite."""
    if op.get_bind().dialect.name == "postgresql":
        for name in NAMES:
            step = " INCREMENT BY 1000" if name == "reward" else ""
            op.execute(f"CREATE SEQUENCE {name}_number{step}")
    else:
        numbers = sa.table("numbers", sa.column("name"), sa.column("last"))
        op.bulk_insert(numbers, [{"name": name, "last": 0} for name in NAMES])
