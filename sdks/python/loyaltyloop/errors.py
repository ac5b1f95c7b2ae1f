"""What can go wrong: one class for each `code` of the reference, and one for a line that fails.

    try:
        client.customers.stamp("CUS7Q4M2K9XTP")
    except loyaltyloop.StampTooSoon as error:
        print(error.detail, error.next_at)

A code that this version does not know is an `ApiError` of its status. The classes by code are made from the reference,
in `_error_codes`.
"""

from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

FIRST_FAILURE, PASSING = 500, frozenset({408, 429})
"""Statuses that decide nothing: from the first on, and these."""


class LoyaltyLoopError(Exception):
    """The root of all errors of this library."""

    status: int = 0
    """The status of HTTP; 0 where there was no answer."""
    retry_after: float | None = None
    """Seconds after which it may succeed, if the server said so."""

    @property
    def undecided(self) -> bool:
        """Whether nothing was decided, so that the same call with the same key may still succeed, now or later.

        So it is without an answer, and with one that says "not now", of the server or of a proxy before it.
        """
        return self.status >= FIRST_FAILURE or self.status in PASSING


class ConnectionFailed(LoyaltyLoopError):
    """The server was not reached, or its answer did not come back whole. A write may have happened: repeat its key."""

    @property
    def undecided(self) -> bool:
        """Always."""
        return True


class InvalidSignature(LoyaltyLoopError):
    """A webhook was not signed with the secret, or too long ago."""


class ApiError(LoyaltyLoopError):
    """A refusal of the server. Its facts, such as `customer_id` or `next_at`, are attributes too."""

    code: str = ""

    def __init__(self, status: int, problem: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        self.status, self.problem = status, problem
        self.code = str(problem.get("code", ""))
        self.detail = str(problem.get("detail") or problem.get("title") or f"The server answered {status}.")
        self.request_id: str | None = headers.get("x-request-id")
        self.retry_after = _seconds(headers.get("retry-after"))
        self.limits = Limits.of(headers)
        super().__init__(self.detail)

    def __str__(self) -> str:
        return f"{self.detail} ({self.status} {self.code}, request {self.request_id})"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.__dict__.get("problem", {}):
            raise AttributeError(name)
        return self.problem[name]


class Limits:
    """The limit of requests, as an answer told it; each is None where the answer did not."""

    def __init__(self, limit: int | None, remaining: int | None, reset: datetime | None) -> None:
        self.limit, self.remaining, self.reset = limit, remaining, reset

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Limits":
        """Read the three headers X-RateLimit-*."""
        limit, remaining, reset = (_whole(headers.get(f"x-ratelimit-{name}")) for name in NAMES)
        return cls(limit, remaining, None if reset is None else datetime.fromtimestamp(reset, timezone.utc))

    def __repr__(self) -> str:
        return f"Limits(limit={self.limit}, remaining={self.remaining}, reset={self.reset})"


NAMES = ("limit", "remaining", "reset")


def error_of(status: int, problem: object, headers: Mapping[str, str]) -> ApiError:
    """The error for an answer; `problem` is its body as JSON, whatever came."""
    from loyaltyloop._error_codes import BY_CODE

    facts = problem if isinstance(problem, dict) else {}
    return BY_CODE.get(str(facts.get("code", "")), ApiError)(status, facts, headers)


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _seconds(text: str | None) -> float | None:
    """Retry-After: seconds, or a date."""
    if text is None or text.isdecimal():
        return None if text is None else float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(timezone.utc)).total_seconds())
    except (TypeError, ValueError):
        return None
