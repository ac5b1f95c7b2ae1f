"""The clock: the current time, passed as an argument to everything that depends on it. Tests pass their own."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Returns the current time, with a time zone."""


def utc_now() -> datetime:
    """The current time in UTC: the clock of a process, unless a test passes another."""
    return datetime.now(UTC)
