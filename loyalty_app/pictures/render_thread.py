"""The render thread: draws pictures one after the other, in a thread of their own. What they show is not known here.

Why: a picture takes some milliseconds of computing, and Python lets one thread compute at a time. With many threads an
answer would wait for all of them; with one, it waits for one picture.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Picture = TypeVar("Picture")

_thread = ThreadPoolExecutor(1, "pictures")
_press = ThreadPoolExecutor(1, "sheets")


async def drawn(draw: Callable[[Picture], bytes], picture: Picture) -> bytes:
    """Draw a picture once earlier ones are drawn; return its bytes."""
    return await asyncio.get_running_loop().run_in_executor(_thread, draw, picture)


async def printed(draw: Callable[[], bytes]) -> bytes:
    """Draw a sheet to print; it takes a second, and no card waits for it."""
    return await asyncio.get_running_loop().run_in_executor(_press, draw)
