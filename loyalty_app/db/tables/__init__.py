"""All tables. Each row belongs to a business, and every key of a table of a business begins with it.

Balance columns of `customer` and the totals are caches of the ledger (`transaction`); `loyalty doctor` can prove them.
What a column means is said by the struct of the same name in `loyalty_core`.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)

from loyalty_app.db.tables.imports import import_job
from loyalty_app.db.tables.metadata import metadata, owned
from loyalty_app.db.tables.telegram import telegram_bot, telegram_card, telegram_chat, telegram_update
from loyalty_app.db.tables.webhooks import attempt, delivery, notice, webhook_endpoint
from loyalty_app.db.types import BigId, UtcDateTime

__all__ = [
    "api_key",
    "attempt",
    "branch",
    "business",
    "business_total",
    "customer",
    "daily_total",
    "delivery",
    "event",
    "idempotency",
    "import_job",
    "invite",
    "metadata",
    "notice",
    "numbers",
    "program",
    "reward",
    "staff",
    "telegram_bot",
    "telegram_card",
    "telegram_chat",
    "telegram_update",
    "transaction",
    "webhook_endpoint",
]

business = Table(
    "business",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("slug", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("plan", String(16), nullable=False),
    Column("rate_limit", Integer),
    Column("timezone", String(64), nullable=False),
    Column("country", String(2)),
    Column("program_version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("card_color", String(7)),
    Column("card_notices", Boolean, nullable=False, server_default=true()),
    Column("deliveries_paused_at", UtcDateTime),
)

business_total = owned(
    "business_total",
    Column("customers", BigId, nullable=False),
    Column("outstanding", BigId, nullable=False),
    Column("redeemed", BigId, nullable=False, server_default=text("0")),
    Column("expired", BigId, nullable=False, server_default=text("0")),
    Column("voided", BigId, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("business_id"),
)

program = owned(
    "program",
    Column("version", Integer, nullable=False),
    Column("stamps_required", Integer, nullable=False),
    Column("reward_description", Text, nullable=False),
    Column("surplus", String(8), nullable=False),
    Column("cooldown_seconds", Integer, nullable=False),
    Column("daily_stamp_cap", Integer),
    Column("reward_valid_days", Integer),
    Column("updated_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("business_id", "version"),
)

customer = owned(
    "customer",
    Column("id", BigId, nullable=False),
    Column("qr_code", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("phone", String(20)),
    Column("email", Text),
    Column("birthday", Date),
    Column("search_text", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("erased_at", UtcDateTime),
    Column("version", Integer, nullable=False),
    Column("entries", Integer, nullable=False, server_default=text("0")),
    Column("current_stamps", Integer, nullable=False),
    Column("goal", Integer, nullable=False),
    Column("program_version", Integer, nullable=False),
    Column("total_stamps", Integer, nullable=False),
    Column("total_visits", Integer, nullable=False),
    Column("rewards_earned", Integer, nullable=False),
    Column("rewards_available", Integer, nullable=False),
    Column("last_visit_at", UtcDateTime),
    Column("last_visit_by", Text),
    Column("day", Date),
    Column("day_stamps", Integer, nullable=False),
    PrimaryKeyConstraint("business_id", "id"),
    UniqueConstraint("qr_code", "business_id"),
    UniqueConstraint("business_id", "phone"),
    # Nothing that a stamp changes is in an index, so that PostgreSQL can update the row in place (HOT).
    postgresql_with={"fillfactor": "80"},
)

transaction = owned(
    "transaction",
    Column("id", BigId, nullable=False),
    Column("customer_id", BigId, nullable=False),
    Column("type", String(8), nullable=False),
    Column("stamps", Integer, nullable=False),
    Column("reward_id", BigId),
    Column("branch_id", BigId),
    Column("order_ref", Text),
    Column("actor_type", String(16), nullable=False),
    Column("actor_id", BigId),
    Column("actor_name", Text),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("program_version", Integer, nullable=False),
    Column("voids", BigId),
    Column("voided_by", BigId),
    Column("reason", Text),
    PrimaryKeyConstraint("business_id", "id"),
    Index(None, "business_id", "customer_id", "id"),
)
Index(
    "uq_transaction_order_ref",
    transaction.c.business_id,
    transaction.c.order_ref,
    unique=True,
    sqlite_where=text("order_ref IS NOT NULL AND voided_by IS NULL"),
    postgresql_where=text("order_ref IS NOT NULL AND voided_by IS NULL"),
)

reward = owned(
    "reward",
    Column("id", BigId, nullable=False),
    Column("customer_id", BigId, nullable=False),
    Column("transaction_id", BigId, nullable=False),
    Column("description", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("earned_at", UtcDateTime, nullable=False),
    Column("redeemed_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    PrimaryKeyConstraint("business_id", "id"),
    Index(None, "business_id", "customer_id", "id"),
    Index(None, "business_id", "status", "id"),
)
Index(
    "ix_reward_expires_at",
    reward.c.expires_at,
    sqlite_where=text("status = 'available' AND expires_at IS NOT NULL"),
    postgresql_where=text("status = 'available' AND expires_at IS NOT NULL"),
)

idempotency = owned(
    "idempotency",
    Column("key", Text, nullable=False),
    Column("fingerprint", LargeBinary(32), nullable=False),
    Column("customer_id", BigId, nullable=False),
    Column("answer", LargeBinary),
    Column("created_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("business_id", "key"),
    Index(None, "business_id", "customer_id"),
    sqlite_with_rowid=True,  # rows too long for an index
)

event = owned(
    "event",
    Column("id", String(40), nullable=False),
    Column("type", String(32), nullable=False),
    Column("customer_id", BigId, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("business_id", "id"),
    Index(None, "business_id", "customer_id"),
    sqlite_with_rowid=True,  # rows too long for an index
)

daily_total = owned(
    "daily_total",
    Column("day", Date, nullable=False),
    Column("visits", Integer, nullable=False),
    Column("stamps_added", Integer, nullable=False),
    Column("stamps_voided", Integer, nullable=False),
    Column("new_customers", Integer, nullable=False),
    Column("rewards_earned", Integer, nullable=False),
    Column("rewards_redeemed", Integer, nullable=False),
    Column("rewards_expired", Integer, nullable=False),
    Column("last_visits", Integer, nullable=False, server_default=text("0")),
    Column("last_visits_again", Integer, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("business_id", "day"),
)

branch = owned(
    "branch",
    Column("id", BigId, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("business_id", "id"),
)

staff = owned(
    "staff",
    Column("id", BigId, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
    Column("user_id", BigId),
    PrimaryKeyConstraint("business_id", "id"),
)
Index("ix_staff_user_id", staff.c.user_id)
Index(
    "uq_staff_business_id_user_id",
    staff.c.business_id,
    staff.c.user_id,
    unique=True,
    sqlite_where=text("user_id IS NOT NULL AND removed_at IS NULL"),
    postgresql_where=text("user_id IS NOT NULL AND removed_at IS NULL"),
)

invite = owned(
    "invite",
    Column("token_hash", LargeBinary(32), nullable=False),
    Column("role", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("used_by", BigId),
    Column("invited_by", BigId),
    PrimaryKeyConstraint("business_id", "token_hash"),
    Index(None, "token_hash"),
)

api_key = owned(
    "api_key",
    Column("id", BigId, nullable=False),
    Column("public_id", String(16), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    PrimaryKeyConstraint("business_id", "id"),
    UniqueConstraint("public_id", "business_id"),
)

numbers = Table(
    "numbers",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("last", BigId, nullable=False),
    sqlite_with_rowid=False,
    comment="The last number given out, for SQLite; PostgreSQL has sequences.",
)

for _child, _column in ((transaction, "customer_id"), (reward, "customer_id")):
    _child.append_constraint(ForeignKeyConstraint(["business_id", _column], ["customer.business_id", "customer.id"]))
for _child in (business_total, program, customer, branch, staff, invite, api_key, webhook_endpoint, import_job):
    _child.append_constraint(ForeignKeyConstraint(["business_id"], ["business.id"]))
