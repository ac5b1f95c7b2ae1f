"""Stopping: how a process that serves nobody by HTTP is told to end."""

import asyncio
import signal
from types import FrameType


def asked_to_stop() -> asyncio.Event:
    """What is set once somebody asks this process to end: by Ctrl-C, SIGTERM or closing the terminal."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()

    def leave(_signal: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stopped.set)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), leave)
    return stopped
