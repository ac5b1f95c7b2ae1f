"""Concurrency: many requests at once, and their outcomes; and waiting for a condition."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from loyalty_core.errors import LoyaltyError

Answer = TypeVar("Answer")

PATIENCE_SECONDS = 60
LOOK_AGAIN_SECONDS = 0.001
LOOK_SELDOM_SECONDS = 0.02


async def at_once(requests: Iterable[Awaitable[Answer]]) -> tuple[list[Answer], list[LoyaltyError]]:
    """Run all requests at once. Returns the answers and the refusals; any other error is raised."""
    answers, refusals = [], []
    for outcome in await asyncio.gather(*requests, return_exceptions=True):
        if isinstance(outcome, LoyaltyError):
            refusals.append(outcome)
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            answers.append(outcome)
    return answers, refusals


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Check a condition again and again until it holds, the longer it takes the more seldom.

    The code under test runs between two checks.
    """
    pause = LOOK_AGAIN_SECONDS
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LOOK_SELDOM_SECONDS)
