"""Waiting: a request at the counter, and who is told what became of it. The order of requests is in `queue`.

A request that came alone has a future of its own. Those that came together, in a till's batch, are a bundle with one
future for all replies. Why: a future and a task for each of them cost half as much as deciding it.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence

from loyalty_app.counter.answers import Reply
from loyalty_app.counter.orders import Request
from loyalty_app.counter.telemetry import PendingRequest


class Waiting(PendingRequest, ABC):
    """A request that is answered once."""

    __slots__ = ()

    @property
    @abstractmethod
    def answered(self) -> bool:
        """Whether there is an answer, or nobody who wants it."""

    @abstractmethod
    def settle(self, reply: Reply | Exception) -> None:
        """Answer, unless that was done."""


class Single(Waiting):
    """A request that came alone, and the future for its reply."""

    __slots__ = ("future",)

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

    @property
    def answered(self) -> bool:
        """Whether there is an answer, or the caller has gone."""
        return self.future.done()

    def settle(self, reply: Reply | Exception) -> None:
        """Answer, unless the caller has gone."""
        if self.future.done():
            return
        if isinstance(reply, Reply):
            self.future.set_result(reply)
        else:
            self.future.set_exception(reply)


class Bundled(Waiting):
    """One request of a bundle; its reply waits there for the others."""

    __slots__ = ("bundle", "reply")

    def __init__(self, request: Request, bundle: "Bundle") -> None:
        super().__init__(request)
        self.bundle, self.reply = bundle, bundle.NONE_YET

    @property
    def answered(self) -> bool:
        """Whether there is an answer."""
        return self.reply is not self.bundle.NONE_YET

    def settle(self, reply: Reply | Exception) -> None:
        """Keep the reply, and answer all if it was the last."""
        if not self.answered:
            self.reply = reply
            self.bundle.count()


class Bundle:
    """Requests that came together, and the future for all their replies, in their order."""

    NONE_YET: Reply | Exception = Reply(b"")

    def __init__(self, requests: Sequence[Request]) -> None:
        self.waiting = [Bundled(request, self) for request in requests]
        self.future: asyncio.Future[list[Reply | Exception]] = asyncio.get_running_loop().create_future()
        self._missing = len(requests)

    def count(self) -> None:
        """Count a reply; the last one settles the future, unless the caller has gone."""
        self._missing -= 1
        if self._missing == 0 and not self.future.done():
            self.future.set_result([one.reply for one in self.waiting])
