"""The counter: the one way in which anything is written to cards.

In `queue` requests wait, `line` takes them in batches; `batch` runs one batch in one transaction: `loading` fills a
`book` with what it needs, `deciding` asks the rules, `writing` stores what they decided. Rules live in `loyalty_core`,
not here.
"""

from loyalty_app.counter.counter import Counter
from loyalty_app.counter.orders import Answer, Caller

__all__ = ["Answer", "Caller", "Counter"]
