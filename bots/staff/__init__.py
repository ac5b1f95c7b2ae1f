"""Staff: three ways to a customer, and the screen on which they are stamped.

Whether somebody may do so is decided by the counter, in the transaction of the stamp.
"""

from collections.abc import Awaitable, Callable

from bots.context import Turn

PRESSES: dict[str, Callable[[Turn], Awaitable[None]]] = {}
DRAFTS: dict[str, Callable[[Turn, str], Awaitable[None]]] = {}


async def open_card(turn: Turn, code: str) -> bool:
    """To be written."""
    return False


async def accept_invitation(turn: Turn, token: str) -> None:
    """To be written."""
    await turn.say(turn.words.say("Welcome!"))


async def find_typed(turn: Turn, text: str) -> bool:
    """To be written."""
    return False


async def scan(turn: Turn) -> bool:
    """To be written."""
    return False
