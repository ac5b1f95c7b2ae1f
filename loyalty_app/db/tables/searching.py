"""Tables of searching: words that lead to customers, lists of customers with a frequent beginning of words, and spans.

`upkeep/posting_lists.py` says when lists are made. All of it can be made again, from the customers or the ledger.
"""

from sqlalchemy import Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Text

from loyalty_app.db.types import BigId, UtcDateTime, owned

customer_word = owned(
    "customer_word",
    Column("word", Text().with_variant(Text(collation="C"), "postgresql"), nullable=False),
    Column("customer_id", BigId, nullable=False),
    PrimaryKeyConstraint("business_id", "word", "customer_id"),
)
"""Which words customers are found by (`loyalty_core.search_words`), compared byte by byte on every database."""

# The customers of a beginning of words that many have (`db/posting_lists.py`).
# `part` tells which numbers a row stands for; `customers` are those of them who have the beginning, packed.
# The empty beginning has everybody.
posting_list = owned(
    "posting_list",
    Column("beginning", Text().with_variant(Text(collation="C"), "postgresql"), nullable=False),
    Column("part", BigId, nullable=False),
    Column("customers", LargeBinary, nullable=False),
    PrimaryKeyConstraint("business_id", "beginning", "part"),
    sqlite_with_rowid=True,  # rows too long for an index
)
# A shop with such lists:
# since when they are complete, NULL while they are made; how many customers they know;
# and until when a process works on them.
posting_index = owned(
    "posting_index",
    Column("made_at", UtcDateTime),
    Column("customers", Integer, nullable=False),
    Column("busy_until", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("business_id"),
)
# Customers whose words have changed since their lists were made, and how often.
posting_change = owned(
    "posting_change",
    Column("customer_id", BigId, nullable=False),
    Column("changes", Integer, nullable=False),
    PrimaryKeyConstraint("business_id", "customer_id"),
)
# Of a large shop: what its ledger had reached by the end of some entries, and entries that straggle
# (`customers/ledger_spans.py`); and which id it went up to at some moments (`upkeep/span_keeping.py`).
ledger_span = owned(
    "ledger_span",
    Column("first_id", BigId, nullable=False),
    Column("end_id", BigId, nullable=False),
    Column("reached", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("business_id", "first_id"),
    Index(None, "business_id", "reached"),
)
straggler = owned(
    "straggler",
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("id", BigId, nullable=False),
    PrimaryKeyConstraint("business_id", "occurred_at", "id"),
)
ledger_height = owned(
    "ledger_height",
    Column("noted_at", UtcDateTime, nullable=False),
    Column("height", BigId, nullable=False),
    PrimaryKeyConstraint("business_id", "noted_at"),
)
