"""Warming: a crowd is read once before it is stamped, so that its pages are in memory, as they are after a day's work.

Why: without it the first stamp of each customer would be measured, which is a page from the disk, and no more than
that.
"""

from bench.databases import execute
from loyalty_app.settings import Settings

CHUNK = 1 << 20
WALKS = (
    "SELECT sum(length(name)) FROM (SELECT name FROM customer ORDER BY business_id, id) AS walk",
    'SELECT count(*) FROM (SELECT id FROM "transaction" ORDER BY business_id, customer_id, id) AS walk',
)
"""Through an index from its first row to the last. Why: other reads bypass the memory of PostgreSQL."""


def warm(settings: Settings) -> None:
    """Read what stamps will touch."""
    if settings.on_sqlite:
        with settings.sqlite_path.open("rb") as file:
            while file.read(CHUNK):
                pass
        return
    execute(settings.database_url, "SET enable_seqscan = off", "SET enable_bitmapscan = off", *WALKS)
