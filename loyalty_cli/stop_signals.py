"""Stopping: how a process that serves nobody by HTTP is told to end, and that it tidies up then."""

import asyncio
import signal
from types import FrameType

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def asked_to_stop() -> asyncio.Event:
    """What is set once somebody asks this process to end: by Ctrl-C, SIGTERM or closing the terminal."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()

    def leave(_signal: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stopped.set)

    for number in SIGNALS:
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows
            signal.signal(number, leave)
    return stopped


def tidy_up_at_the_end() -> None:
    """Let SIGTERM and a closed terminal end this process as Ctrl-C does: what was half made is taken away."""
    for number in SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
