"""Tables of searching: which words customers are found by, and lists of customers with a frequent beginning of words.

`upkeep/posting_lists.py` says when lists are made. All of it can be made again from the customers.
"""

from sqlalchemy import Column, Integer, LargeBinary, PrimaryKeyConstraint, Text

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
