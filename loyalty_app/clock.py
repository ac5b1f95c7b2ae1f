"""The clock: what time it is, given as an argument to whatever depends on it. Tests bring a clock of their own."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Says what time it is, with a time zone."""


def utc_now() -> datetime:
    """The time in UTC: the clock of a process, unless a test brings its own."""
    return datetime.now(UTC)
