"""Tables of further programs: their terms, their cards, and their part of the totals of each day; also of referrals.

The program with which a shop began is in `program`, its cards are in the rows of the customers, and its figures are
what is left of those of the shop.
"""

from sqlalchemy import Column, Date, ForeignKeyConstraint, Index, Integer, PrimaryKeyConstraint, String, Text, text

from loyalty_app.db.tables.shops import terms_columns
from loyalty_app.db.types import BigId, UtcDateTime, owned, where

# Programs of shops that have more to say of them than the terms of one. The program with which a shop began has the
# number of the shop, and its terms in `program`; those of the others are in `program_terms`.
shop_program = owned(
    "shop_program",
    Column("id", BigId, nullable=False),
    Column("title", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("archived_at", UtcDateTime),
    PrimaryKeyConstraint("business_id", "id"),
)

program_terms = owned(
    "program_terms",
    Column("program_id", BigId, nullable=False),
    *terms_columns(),
    PrimaryKeyConstraint("business_id", "program_id", "version"),
)

# The cards of further programs; the card of the program with which the shop began is in the row of the customer.
card = owned(
    "card",
    Column("customer_id", BigId, nullable=False),
    Column("program_id", BigId, nullable=False),
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
    Column("steps_since", Integer, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("business_id", "customer_id", "program_id"),
    ForeignKeyConstraint(["business_id", "customer_id"], ["customer.business_id", "customer.id"]),
    postgresql_with={"fillfactor": "80"},
)

# What further programs had of the totals of each day; the program with which the shop began had the rest.
program_day = owned(
    "program_day",
    Column("program_id", BigId, nullable=False),
    Column("day", Date, nullable=False),
    Column("visits", Integer, nullable=False),
    Column("stamps_added", Integer, nullable=False),
    Column("stamps_voided", Integer, nullable=False),
    Column("rewards_earned", Integer, nullable=False),
    Column("rewards_redeemed", Integer, nullable=False),
    Column("rewards_expired", Integer, nullable=False),
    PrimaryKeyConstraint("business_id", "program_id", "day"),
    sqlite_with_rowid=True,  # so that the days of all shops lie together
)

# Which customer brought which friend along; without a `result` it waits for the first visit.
referral = owned(
    "referral",
    Column("customer_id", BigId, nullable=False),
    Column("referrer_id", BigId, nullable=False),
    Column("referred_at", UtcDateTime, nullable=False),
    Column("result", String(16)),
    Column("ended_at", UtcDateTime),
    Column("transaction_id", BigId),
    PrimaryKeyConstraint("business_id", "customer_id"),
    Index(None, "business_id", "referrer_id"),
)
Index(
    "ix_referral_waiting",
    referral.c.business_id,
    referral.c.customer_id,
    info=where("result IS NULL"),
)
