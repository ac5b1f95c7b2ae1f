"""Errors of Telegram's: what each one says about the call that failed.

Three questions are answered here: may the call have been carried out all the same, may the failure pass by itself, and
how long does Telegram want us to wait. What to do about it is decided by the callers:
the intake sets an update aside or tries it again, the workers do so with a card or a notice.
"""

import httpx
from telegram.error import BadRequest, NetworkError, RetryAfter, TimedOut

from loyalty_app.db.engine import will_pass
from loyalty_core.errors import Busy

NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def maybe_delivered(error: NetworkError) -> bool:
    """Whether a message may be in the chat although sending it failed, because only the answer was lost.

    What may have been sent is never sent again. An edit can be repeated without harm.
    """
    if isinstance(error.__cause__, NEVER_LEFT):
        return False
    return isinstance(error, TimedOut) or isinstance(error.__cause__, httpx.TransportError)


def may_pass(error: Exception) -> bool:
    """Whether a failure (Telegram's, the database's or ours) may pass by itself, so that a second try makes sense."""
    if isinstance(error, RetryAfter):
        return True
    if isinstance(error, NetworkError):
        return not isinstance(error, BadRequest)
    return isinstance(error, Busy) or will_pass(error)


def seconds_to_wait(error: RetryAfter) -> float:
    """For how many seconds Telegram puts a call off."""
    wait = error.retry_after
    return wait if isinstance(wait, int | float) else wait.total_seconds()
