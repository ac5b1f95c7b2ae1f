"""Loops: the event loop on which long-running commands run: uvloop where it is installed, Python's own elsewhere."""

import asyncio
from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from typing import Any


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run until it ends."""
    with asyncio.Runner(loop_factory=_factory()) as runner:
        runner.run(main)


def _factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if find_spec("uvloop") is None:
        return None
    import uvloop  # noqa: PLC0415  # Windows has none

    return uvloop.new_event_loop
