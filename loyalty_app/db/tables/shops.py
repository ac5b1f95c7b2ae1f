"""Tables of shops: the business, its look, programs, branches, staff, invitations, keys, totals, and lists to import.

Also `numbers`, the last ids given out on SQLite, and `vault`, which belong to no business.
"""

from typing import Any

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
    false,
    text,
    true,
)

from loyalty_app.db.types import BigId, UtcDateTime, metadata, options, owned, where

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
    Column("past_timezones", Text),
    Column("test_of", BigId),
    Column("join_by_page", Boolean, nullable=False, server_default=false()),
    # What is flagged, as JSON, where the owner changed it; and the last day whose flags were told.
    Column("flag_rules", Text),
    Column("flags_told_on", Date),
    Column("main_program_id", BigId),
    Column("programs_version", Integer, nullable=False, server_default=text("0")),
    # The last day whose birthdays were looked for.
    Column("birthdays_on", Date),
    # Where the shop is now, if it has left this place; empty while it moves. NULL for all others.
    Column("moved_to", Text),
    # When the last walk through all customers began that looked for those to win back.
    Column("won_back_at", UtcDateTime),
)
Index("uq_business_test_of", business.c.test_of, unique=True)

shop_look = owned(
    "shop_look",
    Column("stamp_sign", String(64)),
    Column("stamp_picture", LargeBinary),
    Column("logo", LargeBinary),
    Column("opening_hours", Text),
    Column("address", Text),
    PrimaryKeyConstraint("business_id"),
    sqlite_with_rowid=True,  # pictures are too long for an index
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


def terms_columns() -> tuple[Column[Any], ...]:
    """The columns of a version of a program. `steps`, `bonus_hours` and gifts are JSON; null for none."""
    return (
        Column("version", Integer, nullable=False),
        Column("stamps_required", Integer, nullable=False),
        Column("reward_description", Text, nullable=False),
        Column("surplus", String(8), nullable=False),
        Column("cooldown_seconds", Integer, nullable=False),
        Column("daily_stamp_cap", Integer),
        Column("reward_valid_days", Integer),
        Column("updated_at", UtcDateTime, nullable=False),
        Column("card_codes", String(16), nullable=False, server_default=text("'fixed'")),
        Column("reward_cost", BigId),
        Column("currency", String(3)),
        Column("steps", Text),
        Column("opening_stamps", Integer, nullable=False, server_default=text("0")),
        Column("bonus_hours", Text),
        Column("birthday", Text),
        Column("win_back", Text),
        Column("referral", Text),
    )


program = owned(
    "program",
    *terms_columns(),
    PrimaryKeyConstraint("business_id", "version"),
)

branch = owned(
    "branch",
    Column("id", BigId, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
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
    info=where("user_id IS NOT NULL AND removed_at IS NULL"),
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

# `sheet` tells how an uploaded file was read, and which line of it each customer is from.
# `customers` is emptied once the job is done; `done` counts handled customers; `report` names those not imported.
import_job = owned(
    "import_job",
    Column("id", BigId, nullable=False),
    Column("status", String(16), nullable=False),
    Column("actor", LargeBinary, nullable=False),
    Column("customers", LargeBinary),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("imported", Integer, nullable=False),
    Column("already_there", Integer, nullable=False),
    Column("report", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("lease", String(40)),
    Column("lease_until", UtcDateTime),
    Column("sheet", LargeBinary),
    PrimaryKeyConstraint("business_id", "id"),
    Index(None, "finished_at"),
    sqlite_with_rowid=True,  # rows too long for an index
)
Index(
    "ix_import_job_queue",
    import_job.c.created_at,
    info=where("finished_at IS NULL"),
)

# Where a shop came from that was moved here, when, and which of its numbers are others since: JSON, kind by kind.
shop_arrival = owned(
    "shop_arrival",
    Column("came_from", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("numbers", Text, nullable=False),
    PrimaryKeyConstraint("business_id", "came_from"),
)

numbers = Table(
    "numbers",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("last", BigId, nullable=False),
    info=options(sqlite_with_rowid=False),
    comment="The last number given out, for SQLite; PostgreSQL has sequences.",
)

vault = Table(
    "vault",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", LargeBinary(32), nullable=False),
    comment="One row: a value that only the key of the secrets gives, so that another key is noticed.",
)

for _child in (shop_look, business_total, program, branch, staff, invite, api_key, import_job, shop_arrival):
    _child.append_constraint(ForeignKeyConstraint(["business_id"], ["business.id"]))
