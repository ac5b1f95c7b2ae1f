"""The process of a long-running command: its event loop, its garbage collection, and how it ends.

The commands decide what it serves. SIGHUP stays ignored if the parent has set that, as nohup does.
"""

import asyncio
import atexit
import gc
import signal
import threading
from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from types import FrameType

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
ALWAYS = (signal.SIGINT, signal.SIGTERM)
YOUNG, MIDDLE, OLD = 10_000, 20, 20
"""Python's thresholds: the new objects after which the young are searched, and how often the older ones are."""


def run(main: Coroutine[None, None, None]) -> None:
    """Run until it ends: on uvloop if it is installed, else on Python's own loop."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if find_spec("uvloop") is None:
        return None
    import uvloop  # Windows has none

    return uvloop.new_event_loop


def start_without_searches() -> None:
    """Do not search for garbage while a server starts; `tune_garbage_collection` ends that once it is ready.

    Why: loading makes hundreds of thousands of objects and next to no garbage. Measured: a quarter of the time.
    """
    gc.disable()


def tune_garbage_collection() -> None:
    """Leave all present objects out of the search for garbage, and search the rest less often.

    Why: a full search goes through all that was loaded, a sixth of a million objects, and nobody is answered
    meanwhile. Measured: 50 ms, many times a minute under load. What exists once a server is ready stays until its end;
    of it one in a hundred is garbage, so it is not searched first. At the end all of it is searched again, for some
    libraries want to see that nothing of theirs is left.
    """
    gc.freeze()
    atexit.register(gc.unfreeze)
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    gc.enable()


def ending_signals() -> list[signal.Signals]:
    """The signals that ask this process to end, without SIGHUP if the parent ignores it."""
    return [number for number in SIGNALS if number in ALWAYS or signal.getsignal(number) is not signal.SIG_IGN]


def asked_to_stop() -> asyncio.Event:
    """An event that is set when this process is asked to end: by Ctrl-C, SIGTERM or a closed terminal."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()

    def leave(_signal: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stopped.set)

    for number in ending_signals():
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows
            signal.signal(number, leave)
    return stopped


def tidy_up_at_the_end() -> None:
    """Make SIGTERM and a closed terminal end this process as Ctrl-C does, so that unfinished files are removed.

    Only the main thread can set that; in another thread nothing happens.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
