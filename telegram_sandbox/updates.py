"""Updates that wait for a bot, in order, until it confirms them; and the bell that rings after each change.

How updates leave is in `calls.updates` and `webhooks`.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from msgspec import Struct, field

FIRST_UPDATE_ID = 500_000_001
REMEMBERED = 1_000
NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}


class Bell:
    """Wakes everybody who waits for a change."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Let everybody who waits check again."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def until(self, fulfilled: Callable[[], bool], seconds: float) -> bool:
        """Wait until `fulfilled` returns True, for at most `seconds`. Returns what it returned last."""
        try:
            async with asyncio.timeout(seconds):
                while not fulfilled():
                    await self._rung.wait()
        except TimeoutError:
            return fulfilled()
        return True


class Update(Struct, kw_only=True):
    """Something that happened; `kind` names its field in the wire's `Update`."""

    update_id: int
    kind: str
    what: dict[str, Any]

    def as_sent(self) -> dict[str, Any]:
        """The `Update`."""
        return {"update_id": self.update_id, self.kind: self.what}


class Hook(Struct, kw_only=True):
    """A bot's webhook, and its last error."""

    url: str
    secret_token: str | None = None
    max_connections: int = 40
    last_error_date: int | None = None
    last_error_message: str | None = None


class Queue(Struct, kw_only=True):
    """The updates of one bot.

    `polls` counts calls of getUpdates: a call with an older number has been ended. `polling` is True while one waits.
    """

    bell: Bell = field(default_factory=Bell)
    waiting: deque[Update] = field(default_factory=deque)
    past: deque[Update] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    next_id: int = FIRST_UPDATE_ID
    allowed: list[str] = field(default_factory=list)
    hook: Hook | None = None
    polls: int = 0
    polling: bool = False

    def add(self, kind: str, what: dict[str, Any]) -> Update | None:
        """Queue an update, unless the bot does not want its kind."""
        if not self.wants(kind):
            return None
        update = Update(update_id=self.next_id, kind=kind, what=what)
        self.next_id += 1
        self.waiting.append(update)
        self.past.append(update)
        self.bell.ring()
        return update

    def wants(self, kind: str) -> bool:
        """Whether updates of a kind are to be sent."""
        return kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT

    def confirm_before(self, update_id: int) -> None:
        """Remove the updates before one."""
        while self.waiting and self.waiting[0].update_id < update_id:
            self.waiting.popleft()
        self.bell.ring()

    def keep_last(self, count: int) -> None:
        """Remove all but the last `count` updates."""
        while len(self.waiting) > count:
            self.waiting.popleft()
        self.bell.ring()
