"""Litestar as we use it: what it would load or copy for others at every start is left out, and a part can come later.

No route is known here.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Self

from litestar import Litestar, Router
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin


class LeanLitestar(Litestar):
    """Litestar with only one of the plugins that it adds by itself: that for msgspec.

    Why: it loads Pydantic wherever that is installed, which takes 70 ms and 8 MB, and no struct of ours is one of it.
    """

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]


class OwnRouter(Router):
    """A router that is registered in one application, once.

    Why: Litestar copies each router that is registered, down to the last example in its reference. Measured: the copy
    took half of the time that it takes to make the application.
    """

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return the router itself."""
        del memo
        return self


class LitestarOnDemand:
    """A part of the application that is made when it is first asked for, in a thread: no stamp waits for it."""

    def __init__(self, make: Callable[[], Litestar]) -> None:
        self._make = make
        self._making = threading.Lock()
        self._made: Litestar | None = None

    async def made(self) -> Litestar:
        """The part. Those who ask first, all at once, get the same."""
        if self._made is None:
            return await asyncio.to_thread(self._first)
        return self._made

    def _first(self) -> Litestar:
        with self._making:
            made = self._made or self._make()
            self._made = made
        return made
