"""Crowds: many requests at once, and what came of each."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from loyalty_core.errors import LoyaltyError

Answer = TypeVar("Answer")

PATIENCE_SECONDS = 20
LOOK_EVERY_SECONDS = 0.001


async def at_once(requests: Iterable[Awaitable[Answer]]) -> tuple[list[Answer], list[LoyaltyError]]:
    """Ask everything at once: the answers, and the refusals. Whatever else is raised goes on."""
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
    """Ask again until it is so. Those who are at work get the time between two looks."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():  # noqa: ASYNC110  # only the database knows
            await asyncio.sleep(LOOK_EVERY_SECONDS)
