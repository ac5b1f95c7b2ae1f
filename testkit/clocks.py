"""Clocks that tests move, in place of the real one."""

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
