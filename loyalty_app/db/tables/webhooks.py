"""Tables of webhooks: endpoints and retired secrets, deliveries and attempts, fan-outs, and notices for owners."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
)

from loyalty_app.db.types import BigId, UtcDateTime, owned, where

webhook_endpoint = owned(
    "webhook_endpoint",
    Column("id", BigId, nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("secret_hint", String(16), nullable=False),
    Column("old_secret", LargeBinary),
    Column("old_secret_until", UtcDateTime),
    Column("failing_since", UtcDateTime),
    Column("warnings", Integer, nullable=False),
    PrimaryKeyConstraint("business_id", "id"),
)

# Secrets that still sign, besides `secret` and `old_secret` of their endpoint: it was rotated more than once in a day.
retired_secret = owned(
    "retired_secret",
    Column("endpoint_id", BigId, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("valid_until", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("business_id", "endpoint_id", "secret"),
    sqlite_with_rowid=True,  # rows too long for an index
)

delivery = owned(
    "delivery",
    Column("id", BigId, nullable=False),
    Column("endpoint_id", BigId, nullable=False),
    Column("event_id", String(40), nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime),
    Column("lease", String(40)),
    Column("lease_until", UtcDateTime),
    PrimaryKeyConstraint("business_id", "id"),
    Index(None, "business_id", "endpoint_id", "id"),
    Index(None, "business_id", "event_id"),
)
Index(
    "ix_delivery_line",
    delivery.c.endpoint_id,
    delivery.c.next_at,
    delivery.c.id,
    info=where("status = 'queued'"),
)
Index(
    "ix_delivery_leased",
    delivery.c.endpoint_id,
    info=where("lease_until IS NOT NULL"),
)

# An event whose deliveries are not written yet, and for which endpoints they are: numbers with spaces between.
fan_out = owned(
    "fan_out",
    Column("event_id", String(40), nullable=False),
    Column("endpoint_ids", Text, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("business_id", "event_id"),
)
fan_out.add_is_dependent_on(delivery)  # its rows become deliveries: to delete both, begin with these

attempt = owned(
    "attempt",
    Column("delivery_id", BigId, nullable=False),
    Column("number", Integer, nullable=False),
    Column("endpoint_id", BigId, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("http_status", Integer),
    Column("error", String(32)),
    Column("response", LargeBinary),
    PrimaryKeyConstraint("business_id", "delivery_id", "number"),
    Index(None, "business_id", "endpoint_id", "at"),
    Index(None, "at"),
    sqlite_with_rowid=True,  # rows too long for an index
)

# `facts` is `text` as JSON. `people` lists who is to be told, as Telegram's ids; NULL stands for the owners. `told_to`
# lists who knows it while `told_at` is NULL. `next_at` is when a lease on it ends,
# or when the others are told again.
notice = owned(
    "notice",
    Column("id", BigId, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("told_at", UtcDateTime),
    Column("facts", Text),
    Column("people", Text),
    Column("told_to", Text),
    Column("next_at", UtcDateTime),
    Column("lease", String(40)),
    PrimaryKeyConstraint("business_id", "id"),
)
Index(
    "ix_notice_untold",
    notice.c.at,
    info=where("told_at IS NULL"),
)

webhook_endpoint.append_constraint(ForeignKeyConstraint(["business_id"], ["business.id"]))
