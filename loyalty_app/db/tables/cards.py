"""Tables of cards: customers, the ledger, rewards, idempotency keys, events, and the totals of each day.

An entry that was asked for with an idempotency key carries it: `once_key` is a number made from the key, `once` tells
the request and what the answer showed (`db/idempotency.py`, `counter/replays.py`); `code_key` is made from a rotating
code. Keys and answers of everything else are in `idempotency`. `bonus_stamps` is null where none are a gift.

The balance columns of `customer` and the totals are caches of the ledger (`transaction`); `loyalty doctor` proves them.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    text,
)

from loyalty_app.db.types import BigId, UtcDateTime, owned, where

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
    Column("merged_into", BigId),
    Column("steps_since", Integer, nullable=False, server_default=text("0")),
    Column("birthday_set_at", UtcDateTime),
    Column("opted_out_at", UtcDateTime),
    PrimaryKeyConstraint("business_id", "id"),
    UniqueConstraint("qr_code", "business_id"),
    UniqueConstraint("business_id", "phone"),
    # Nothing that a stamp changes is in an index, so that PostgreSQL can update the row in place (HOT).
    postgresql_with={"fillfactor": "80"},
)

Index(
    "ix_customer_erased",
    customer.c.business_id,
    customer.c.created_at,
    info=where("erased_at IS NOT NULL"),
)
# A birthday is asked for by its dates: each year of birth has one.
Index(
    "ix_customer_birthday",
    customer.c.business_id,
    customer.c.birthday,
    info=where("birthday IS NOT NULL"),
)
Index(
    "ix_customer_without_words",
    customer.c.business_id,
    customer.c.id,
    info=where("substr(search_text, 1, 1) <> '\n'"),
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
    Column("once_key", BigInteger),
    Column("once", LargeBinary),
    Column("code_key", BigInteger),
    Column("stamps_voided", Integer),
    Column("of_customer", BigId),
    Column("bonus_stamps", Integer),
    Column("occasion", String(16)),
    Column("program_id", BigId),
    PrimaryKeyConstraint("business_id", "id"),
    Index(None, "business_id", "customer_id", "id"),
)
Index(
    "uq_transaction_order_ref",
    transaction.c.business_id,
    transaction.c.order_ref,
    unique=True,
    info=where("order_ref IS NOT NULL AND voided_by IS NULL"),
)
# What each member of the staff did, by time. Entries of tills are not in it, and pay nothing for it.
Index(
    "ix_transaction_staff",
    transaction.c.business_id,
    transaction.c.actor_id,
    transaction.c.occurred_at,
    info=where("actor_type = 'staff'"),
)
# Those of no stamp, of a branch, and undone ones of an order: no stamp without a branch is in one of these.
Index(
    "ix_transaction_type",
    transaction.c.business_id,
    transaction.c.type,
    transaction.c.id,
    info=where("type <> 'stamp'"),
)
Index(
    "ix_transaction_branch_id",
    transaction.c.business_id,
    transaction.c.branch_id,
    transaction.c.id,
    info=where("branch_id IS NOT NULL"),
)
# Those of further programs; of the one with which a shop began nothing is in it.
Index(
    "ix_transaction_program",
    transaction.c.business_id,
    transaction.c.program_id,
    transaction.c.id,
    info=where("program_id IS NOT NULL"),
)
Index(
    "ix_transaction_undone_order_ref",
    transaction.c.business_id,
    transaction.c.order_ref,
    info=where("order_ref IS NOT NULL AND voided_by IS NOT NULL"),
)
Index(
    "uq_transaction_once_key",
    transaction.c.business_id,
    transaction.c.once_key,
    unique=True,
    info=where("once_key IS NOT NULL"),
)

# Customers who were won back, and when: asked of each customer who is away for long.
Index(
    "ix_transaction_win_back",
    transaction.c.business_id,
    transaction.c.customer_id,
    transaction.c.occurred_at,
    info=where("occasion = 'win_back'"),
)

# No rotating code is used twice for one thing, not even after an undo.
Index(
    "uq_transaction_code_key",
    transaction.c.business_id,
    transaction.c.code_key,
    transaction.c.type,
    unique=True,
    info=where("code_key IS NOT NULL"),
)

# What a profile was before it was changed; `version` is the last one of the customer that had it.
past_profile = owned(
    "past_profile",
    Column("customer_id", BigId, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("phone", String(20)),
    Column("email", Text),
    Column("birthday", Date),
    Column("created_at", UtcDateTime),
    PrimaryKeyConstraint("business_id", "customer_id", "version"),
)

# `branch_id` is where a reward was earned: 0 is no branch, NULL if an older release wrote it (then its entry knows).
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
    Column("branch_id", BigId),
    Column("of_customer", BigId),
    Column("of_transaction", BigId),
    Column("program_id", BigId),
    PrimaryKeyConstraint("business_id", "id"),
    Index(None, "business_id", "customer_id", "id"),
    Index(None, "business_id", "status", "id"),
)
Index(
    "ix_reward_expires_at",
    reward.c.expires_at,
    info=where("status = 'available' AND expires_at IS NOT NULL"),
)

# Those of further programs, by their status.
Index(
    "ix_reward_program",
    reward.c.business_id,
    reward.c.program_id,
    reward.c.status,
    reward.c.id,
    info=where("program_id IS NOT NULL"),
)
# All that is read of open rewards to sum them up; see `customers/owed.py`.
Index(
    "ix_reward_open",
    reward.c.business_id,
    reward.c.earned_at,
    reward.c.expires_at,
    reward.c.branch_id,
    info=where("status = 'available'"),
)

# Which customer was merged into which. `undo` takes that back, for 30 days; `phone` is a number that leads to the
# other, because they have one of their own.
customer_merge = owned(
    "customer_merge",
    Column("from_id", BigId, nullable=False),
    Column("into_id", BigId, nullable=False),
    Column("merged_at", UtcDateTime, nullable=False),
    Column("actor_type", String(16), nullable=False),
    Column("actor_id", BigId),
    Column("actor_name", Text),
    Column("phone", String(20)),
    Column("undo", LargeBinary),
    PrimaryKeyConstraint("business_id", "from_id"),
    Index(None, "business_id", "into_id"),
    Index(None, "business_id", "phone"),
    sqlite_with_rowid=True,  # rows too long for an index
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

# What was flagged for the owner: `loyalty_core/flags.py` says what its columns mean. `told_at` is when it was in a
# message.
flag = owned(
    "flag",
    Column("id", BigId, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("day", Date, nullable=False),
    Column("subject", BigId, nullable=False),
    Column("transaction_id", BigId, nullable=False),
    Column("number", Integer, nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime),
    PrimaryKeyConstraint("business_id", "id"),
    UniqueConstraint("business_id", "kind", "day", "subject"),
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
    sqlite_with_rowid=True,  # so that the days of all shops lie together
)

for _child, _column in ((transaction, "customer_id"), (reward, "customer_id")):
    _child.append_constraint(ForeignKeyConstraint(["business_id", _column], ["customer.business_id", "customer.id"]))
customer.append_constraint(ForeignKeyConstraint(["business_id"], ["business.id"]))
