"""Parts: how a Python stack is counted. The innermost frame that belongs to a part decides.

A frame reads as `Counter.give_stamp (loyalty_app/counter/counter.py)`. Time in C counts for the Python code that called
it.
"""

from collections import Counter
from collections.abc import Iterable

PARTS = {
    "HTTP server": ("(uvicorn/", "(uvloop/", "Runner.run (asyncio/"),
    "event loop, threads": ("(asyncio/", "(concurrent/"),
    "Litestar": ("(litestar/",),
    "our handler, key, limit": (
        "(api/",
        "(limits/",
        "(loyalty_app/shops/api_key",
        "(loyalty_app/observability/",
    ),
    "counter: collect, decide": ("(loyalty_app/counter/", "(loyalty_core/", "(loyalty_app/webhooks/outbox.py)"),
    "our SQL: rows, statements": ("(loyalty_app/db/",),
    "SQLAlchemy": ("(sqlalchemy/",),
    "driver and database": (".do_execute (sqlalchemy/", ".do_executemany (sqlalchemy/", "(asyncpg/"),
    "commit": (".do_commit (sqlalchemy/", "._commit_impl (sqlalchemy/", "Transaction.commit (asyncpg/"),
}
"""Part → the pieces of a frame by which it is known. If a frame belongs to two parts, the later one counts."""

ELSE = "else"
WAITING = "_worker (concurrent/"
"""A thread without work, which py-spy counts as working."""


def parts_of(stacks: Iterable[str]) -> dict[str, float]:
    """The share of each part; a stack is `outermost;…;innermost samples`."""
    counted: Counter[str] = Counter()
    for line in stacks:
        frames, _, samples = line.rpartition(" ")
        stack = [frame.strip() for frame in frames.split(";")]
        if not stack[-1].startswith(WAITING):
            counted[part_of(stack)] += int(samples)
    total = counted.total() or 1
    return {name: counted[name] / total for name in (*PARTS, ELSE)}


def part_of(stack: list[str]) -> str:
    """The part of a stack."""
    for frame in reversed(stack):
        known = [name for name, pieces in PARTS.items() if any(piece in frame for piece in pieces)]
        if known:
            return known[-1]
    return ELSE
