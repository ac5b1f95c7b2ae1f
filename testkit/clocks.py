"""Clocks that tests move, in place of the real one."""

import time
from datetime import datetime, timedelta

from testkit.builders import NOON


class Clock:
    """A clock that stands still until a test moves it: noon of Monday, 2 March 2026."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **span: float) -> None:
        """Let time pass: `wait(minutes=5)`."""
        self.now += timedelta(**span)


class RunningClock:
    """A clock that runs from noon of Monday, 2 March 2026: no day ends in a test, whenever the test runs."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._passed = timedelta()

    def __call__(self) -> datetime:
        return NOON + timedelta(seconds=time.monotonic() - self._began) + self._passed

    def wait(self, **span: float) -> None:
        """Let time pass on top: `wait(minutes=5)`."""
        self._passed += timedelta(**span)
