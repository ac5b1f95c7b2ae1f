"""Telegram's limits: messages to many take what people leave of them, and never what people may need at once."""

import asyncio
from typing import Any

import pytest

from bots import telegram_limits
from bots.telegram_limits import KEPT_FREE, TO_MANY, TelegramRateLimiter
from testkit.concurrency import until

MOST = 30


async def test_messages_to_many_always_leave_room_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram_limits, "PER_BOT", (MOST, 3_600.0))  # nothing becomes free during the test
    limiter, sent = TelegramRateLimiter(), list[str]()
    many = [asyncio.create_task(_call(limiter, sent, "many", chat, TO_MANY)) for chat in range(MOST)]

    async def all_but_the_room() -> bool:
        return len(sent) == MOST - KEPT_FREE

    await until(all_but_the_room)
    await asyncio.gather(*(_call(limiter, sent, "press", MOST + chat, None) for chat in range(KEPT_FREE)))
    assert sent == ["many"] * (MOST - KEPT_FREE) + ["press"] * KEPT_FREE
    for task in many:
        task.cancel()
    await asyncio.gather(*many, return_exceptions=True)


async def _call(limiter: TelegramRateLimiter, sent: list[str], what: str, chat: int, pace: int | None) -> None:
    async def send(*_: Any) -> bool:  # noqa: ANN401  # the library's own signature
        sent.append(what)
        return True

    await limiter.process_request(
        callback=send, args=(), kwargs={}, endpoint="sendMessage", data={"chat_id": chat}, rate_limit_args=pace
    )
