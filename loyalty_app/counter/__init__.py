"""The counter: the one way in which anything is written to cards. Rules live in `loyalty_core`, not here.

    counter.py   a verb: `await counter.give_stamp(…)` makes a request (orders.py) and waits for its answer
        ▼
    queue.py     requests wait in the order in which they came; whose cards are under way waits on
        ▼
    batch.py     ┌─ one transaction, at most 128 requests ──────────────────────────────────────────┐
                 │  load.py     lock and read what the requests are about  ──►  state.py: BatchState │
                 │  decide.py   each request in turn: the rule of the core says Decided, or no       │
                 │              state.apply(change): the next request sees it                        │
                 │  write.py    all changes, events and answers, one statement for each table        │
                 │  commit, durably                                                                  │
                 └───────────────────────────────────────────────────────────────────────────────────┘
        ▼
    answers.py   only now: outcome, and its JSON as it is stored for who asks again

**Locks** are taken in this order, each kind in the order of ids, so that two processes cannot wait for each other in a
circle: customers, the totals of shops (if customers may be counted), then, while writing, cards in chats and totals of
days. SQLite has one lock for all.

**What may be stale.** All that concerns a card is as new as its lock. Where all requests are stamps, PostgreSQL is
asked along with the locks: staff, programs, webhooks and branches may then be milliseconds older. Versions of programs
are remembered between batches, for a version never changes.

**A failure** of a batch changes nothing: each of its requests is tried alone. One that lost a race is decided again.
"""

from loyalty_app.counter.answers import Answer
from loyalty_app.counter.counter import Counter
from loyalty_app.counter.orders import Caller

__all__ = ["Answer", "Caller", "Counter"]
