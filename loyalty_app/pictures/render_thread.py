"""Turn: pictures are drawn one after the other, in a thread of their own.

A picture takes some milliseconds of pure work, and of threads that work Python lets each in turn. With many of them
whoever waits for an answer would wait for all; with one, for one.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Picture = TypeVar("Picture")

_thread = ThreadPoolExecutor(1, "pictures")


async def drawn(draw: Callable[[Picture], bytes], picture: Picture) -> bytes:
    """A picture, drawn in its turn."""
    return await asyncio.get_running_loop().run_in_executor(_thread, draw, picture)
