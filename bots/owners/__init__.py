"""Owners: opening a shop, its program, its staff, its figures, its key."""

from collections.abc import Awaitable, Callable

from bots.context import Turn

PRESSES: dict[str, Callable[[Turn], Awaitable[None]]] = {}
DRAFTS: dict[str, Callable[[Turn, str], Awaitable[None]]] = {}


async def show_shop(turn: Turn) -> None:
    """To be written."""
    await turn.say(turn.words.say("Welcome!"))


async def begin_shop(turn: Turn) -> None:
    """To be written."""
    await turn.say(turn.words.say("Welcome!"))
