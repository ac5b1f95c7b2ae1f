"""Delivery retries: what happens to a webhook's delivery after each attempt, and to its endpoint.

The rules, in words (the schedule is that of Standard Webhooks 1.0.0):
- A delivery is tried at once and then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, each ±20 %.
- Any 2xx is success. Everything else is a failure, a redirect too.
- 410 Gone switches the endpoint off.
- A receiver that is overloaded (429, 502, 504, or no answer in time) is left alone for at least a minute, and for as
  long as its Retry-After says, up to twice that, so that not all come back at once.
- An endpoint that has only failed for 5 days is switched off by the next failure, so that its first and last failure
  lie days apart; its owner is warned after 1 and 3 days.

Nothing is sent from here: the clock, the dice and the answer of the receiver come in as arguments. Signatures are in
`webhooks`.
"""

from datetime import datetime, timedelta

import msgspec

RETRY_SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.2
GONE = 410
OVERLOADED = frozenset({429, 502, 504})
BREATHER = timedelta(minutes=1)
LONGEST_RETRY_AFTER = timedelta(days=1)

DISABLE_AFTER = timedelta(days=5)
WARN_AFTER = (timedelta(days=1), timedelta(days=3))


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try: its number (the first is 1), and the answer of the receiver, if there was one.

    `status` is None when no answer came; `timed_out` says whether the time ran out. `retry_after` is the header in
    seconds. `dice` is random, from 0 up to but not including 1.
    """

    number: int
    status: int | None = None
    timed_out: bool = False
    retry_after: int | None = None
    dice: float = 0.5


class Delivered(msgspec.Struct, frozen=True):
    """The receiver has it."""


class RetryAt(msgspec.Struct, frozen=True):
    """Try again at that moment."""

    at: datetime


class GaveUp(msgspec.Struct, frozen=True):
    """All tries are used up; the event can still be replayed."""


class Disable(msgspec.Struct, frozen=True):
    """The receiver is gone for good: switch the endpoint off."""


Verdict = Delivered | RetryAt | GaveUp | Disable


def judge(attempt: Attempt, now: datetime) -> Verdict:
    """What happens to a delivery after an attempt that ended now."""
    if attempt.status is not None and 200 <= attempt.status < 300:  # noqa: PLR2004  # the 2xx
        return Delivered()
    if attempt.status == GONE:
        return Disable()
    if attempt.number >= len(RETRY_SCHEDULE):
        return GaveUp()
    planned = RETRY_SCHEDULE[attempt.number] * (1 - JITTER + 2 * JITTER * attempt.dice)
    return RetryAt(now + max(planned, _asked_for(attempt)))


def _asked_for(attempt: Attempt) -> timedelta:
    """How long to leave the receiver alone, by its Retry-After or by its state."""
    overloaded = attempt.timed_out or attempt.status in OVERLOADED
    if attempt.retry_after is not None and attempt.status is not None:
        asked = min(timedelta(seconds=max(0, attempt.retry_after)), LONGEST_RETRY_AFTER) * (1 + attempt.dice)
        return max(asked, BREATHER) if overloaded else asked
    return BREATHER * (1 + attempt.dice) if overloaded else timedelta(0)


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How an endpoint did since its last success: when failing began, and how many warnings were given since."""

    failing_since: datetime | None = None
    warnings: int = 0


class Fine(msgspec.Struct, frozen=True):
    """Nothing to say."""


class Warn(msgspec.Struct, frozen=True):
    """Tell the owner that the endpoint has failed for `failing_for`; `warnings` counts this one."""

    failing_for: timedelta
    warnings: int


def judge_endpoint(health: Health, now: datetime) -> Fine | Warn | Disable:
    """What happens to an endpoint after a failure now; `health` is its health before."""
    if health.failing_since is None:
        return Fine()
    failing_for = now - health.failing_since
    if failing_for >= DISABLE_AFTER:
        return Disable()
    due = sum(failing_for >= after for after in WARN_AFTER)
    return Warn(failing_for, due) if due > health.warnings else Fine()
