"""Telegram's limits and errors: the bots make no more calls than it takes, and what a failed call means.

Neither a bot nor one chat gets more calls than Telegram takes. For an error, functions say whether the call may have
been carried out all the same, whether the failure may pass, and how long Telegram wants us to wait. The callers decide
what to do about it.

Its limits are about 30 messages a second for a bot, one a second into a chat, with short bursts. Where it says "retry
after", nothing was done, so the same call is made again then, if that is soon. The length of texts is in
`bots/words.py`; the limits of our own API are in `api/rate_limits.py`.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
from aiolimiter import AsyncLimiter
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.ext import BaseRateLimiter, ExtBot

from loyalty_app.db.outages import will_pass
from loyalty_app.observability.metrics import count_call

PER_BOT = (30, 1.0)
PER_CHAT = (20, 20.0)
MOST_CHATS = 10_000
SPARE = (12, 1.0)
TRIES = 4
LONGEST_WAIT_SECONDS = 10
"""A call that has to wait longer does not wait here: its whole update is handled again then."""
UNHURRIED = 1
"""For `rate_limit_args`: a call for which nobody waits. Such calls leave room for those of people who do."""
TO_MANY = 2
"""For `rate_limit_args`: a message to many. They take all that a bot may send, except what people may need now."""
KEPT_FREE = 10
LOOK_AGAIN_SECONDS = 0.02
UNCOUNTED = {"deleteMessage"}

# Errors and their names in the metrics; the first kind that fits counts.
OUTCOMES: tuple[tuple[type[Exception], str], ...] = (
    (RetryAfter, "put_off"),
    (Forbidden, "blocked"),
    (TimedOut, "timeout"),
    (BadRequest, "refused"),
    (TelegramError, "failed"),
)

TelegramBot = ExtBot[int]
"""Our bots: the library's bot, whose rate limiter takes a number (`UNHURRIED`)."""

Answer = Any
Call = Callable[..., Coroutine[Any, Any, Answer]]


class TelegramRateLimiter(BaseRateLimiter[int]):
    """Keeps one bot within Telegram's limits: a call that comes too early waits. Only calls into a chat count."""

    def __init__(self) -> None:
        self._whole, self._spare = AsyncLimiter(*PER_BOT), AsyncLimiter(*SPARE)
        self._chats: OrderedDict[str, AsyncLimiter] = OrderedDict()
        self._many = asyncio.Lock()

    async def initialize(self) -> None:
        """Do nothing: nothing is held open."""

    async def shutdown(self) -> None:
        """Do nothing: nothing is held open."""

    async def process_request(self, *_positional: Any, **named: Any) -> Answer:  # noqa: ANN401  # the library's own signature
        """Make a call when it may be made, and count it. Raises RetryAfter if the wait is too long."""
        began, outcome = time.perf_counter(), "ok"
        try:
            return await self._call(named)
        except TelegramError as error:
            outcome = next(word for kind, word in OUTCOMES if isinstance(error, kind))
            raise
        finally:
            count_call(str(named["endpoint"]), outcome, seconds=time.perf_counter() - began)

    async def _call(self, named: dict[str, Any]) -> Answer:
        call: Call = named["callback"]
        for tries_left in range(TRIES, 0, -1):
            if named["rate_limit_args"] == UNHURRIED:
                await self._spare.acquire()
            if named["rate_limit_args"] == TO_MANY:
                await self._turn_of_many(named["data"].get("chat_id"))
            elif named["endpoint"] not in UNCOUNTED:
                await self._turn(named["data"].get("chat_id"))
            try:
                return await call(*named["args"], **named["kwargs"])
            except RetryAfter as later:
                if tries_left == 1 or seconds_to_wait(later) > LONGEST_WAIT_SECONDS:
                    raise
                await asyncio.sleep(seconds_to_wait(later))
        raise AssertionError(named["endpoint"])

    async def _turn(self, chat_id: str | int | None) -> None:
        if chat_id is None:
            return
        await self._chat(str(chat_id)).acquire()
        await self._whole.acquire()

    async def _turn_of_many(self, chat_id: str | int | None) -> None:
        """Wait, one after the other, until the bot may send, and some more for people who press something."""
        await self._chat(str(chat_id)).acquire()
        async with self._many:
            while not self._whole.has_capacity(KEPT_FREE + 1):  # noqa: ASYNC110  # the limiter tells nobody of room
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
            await self._whole.acquire()

    def _chat(self, chat_id: str) -> AsyncLimiter:
        limiter = self._chats.pop(chat_id, None) or AsyncLimiter(*PER_CHAT)
        self._chats[chat_id] = limiter
        if len(self._chats) > MOST_CHATS:
            self._chats.popitem(last=False)
        return limiter


NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def maybe_delivered(error: NetworkError) -> bool:
    """Whether a message may be in the chat although sending it failed, because only the answer was lost.

    What may have been sent is never sent again. An edit can be repeated without harm.
    """
    if isinstance(error.__cause__, NEVER_LEFT):
        return False
    return isinstance(error, TimedOut) or isinstance(error.__cause__, httpx.TransportError)


def may_pass(error: Exception) -> bool:
    """Whether a failure (Telegram's, the database's or ours) may pass by itself, so that a second try makes sense."""
    if isinstance(error, RetryAfter):
        return True
    if isinstance(error, NetworkError):
        return not isinstance(error, BadRequest)
    return will_pass(error)


def seconds_to_wait(error: RetryAfter) -> float:
    """The seconds that Telegram wants us to wait."""
    wait = error.retry_after
    return wait if isinstance(wait, int | float) else wait.total_seconds()
