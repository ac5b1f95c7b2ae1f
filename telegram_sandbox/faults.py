"""Ordered faults: the next calls of a bot fail. `control` orders them, `gateway` carries them out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

from msgspec import Struct, field

from telegram_sandbox.refusals import Refused, forbidden, too_many_requests

Kind = Literal["lost_answer", "too_many_requests", "server_error", "slow", "forbidden", "unauthorized"]


class Fault(Struct, kw_only=True):
    """What fails, and how often; without a method any call but getUpdates is hit. Seconds are for `slow`."""

    bot: str
    kind: Kind
    method: str | None = None
    times: int = 1
    retry_after: int = 1
    seconds: float = 1.0

    def hits(self, bot: str, method: str) -> bool:
        """Whether this call is to fail."""
        meant = method != "getupdates" if self.method is None else method == self.method.lower()
        return self.times > 0 and meant and bot.lower() == self.bot.removeprefix("@").lower()

    def refusal(self) -> Refused | None:
        """The error that is answered instead of doing anything; None for other faults."""
        if self.kind == "too_many_requests":
            return too_many_requests(self.retry_after)
        if self.kind == "server_error":
            return Refused(500, "Internal Server Error")
        if self.kind == "unauthorized":
            return Refused(401, "Unauthorized")
        return forbidden("bot was blocked by the user") if self.kind == "forbidden" else None


class Faults(Struct):
    """All faults that are still to come, the oldest first. `wait` lets the seconds of slow calls pass."""

    ordered: list[Fault] = field(default_factory=list)
    wait: Callable[[float], Awaitable[object]] = asyncio.sleep

    def next(self, bot: str, method: str) -> Fault | None:
        """The fault that hits this call, if any; it counts as used once."""
        for fault in self.ordered:
            if fault.hits(bot, method):
                fault.times -= 1
                return fault
        return None
