"""The counter: everything that is written to cards is written here. Rules live in `loyalty_core`, not here.

    counter.py   a verb: `await counter.give_stamp(…)` makes a request (orders.py) and waits for its answer
        ▼
    waiting.py   a request that came alone, or one of a bundle: who is told what became of it
        ▼
    queue.py     requests wait in order of arrival, and longer if their card is in a running batch; bundles go second,
        │           and while others come alone a portion at a time (portions.py)
        ▼
    batch_tasks.py  two batches at once; what waits for somebody's lock goes apart, and others go on
        ▼
    batch.py     ┌─ one transaction ────────────────────────────────────────────────────────────────┐
                 │  load.py     lock and read what the requests are about  ──►  state.py: BatchState │
                 │  decide.py   each request in turn: the core's rule returns Decided, or refuses    │
                 │              state.apply(change): the next request sees it                        │
                 │  write.py    all changes, events and answers, one statement for each table        │
                 │  commit, durably                                                                  │
                 └───────────────────────────────────────────────────────────────────────────────────┘
        ▼
    answers.py   only now: the outcome, and its JSON
    replays.py   the same JSON once more, for a repeated request, made again from the ledger

**Locks** are taken in this order, each kind in the order of ids, so that two processes cannot deadlock: customers, the
totals of shops (if the number of customers may change), then, while writing, cards in chats and totals of days. SQLite
has one lock for all.

**What may be stale.** Everything about a card is as new as its lock. If all requests are stamps, PostgreSQL is asked
along with the locks: staff, programs, webhooks and branches may then be milliseconds older. Versions of programs are
cached between batches (versions.py): a version never changes. SQLite keeps the rows of shops and webhooks while nothing
has changed in them (`db/sqlite/kept_rows.py`), which is as new as reading them.

**A failed batch** changes nothing. If the database was away, it is tried once more as a whole; otherwise each of its
requests is tried alone. One that lost a race is decided again.
"""

from loyalty_app.counter.answers import Answer
from loyalty_app.counter.counter import Counter
from loyalty_app.counter.orders import Caller

__all__ = ["Answer", "Caller", "Counter"]
