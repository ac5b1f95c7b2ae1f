"""Doubt: whether a call that came to no answer may have been carried out all the same.

What was only edited is edited again, without harm. What may have been sent is never sent again.
"""

import httpx
from telegram.error import NetworkError, TimedOut

NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def maybe_delivered(error: NetworkError) -> bool:
    """Whether a message may be there although sending it has failed: the answer was lost, not the question."""
    if isinstance(error.__cause__, NEVER_LEFT):
        return False
    return isinstance(error, TimedOut) or isinstance(error.__cause__, httpx.TransportError)
