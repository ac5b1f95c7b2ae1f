"""Customers: joining, the card with its buttons, rewards, history, the phone number, one's own data.

Only what a customer may see and do; whoever works in a shop is answered by `staff` and `owners`.
"""

from collections.abc import Awaitable, Callable

from bots.context import Turn

PRESSES: dict[str, Callable[[Turn], Awaitable[None]]] = {}
DRAFTS: dict[str, Callable[[Turn, str], Awaitable[None]]] = {}


async def join(turn: Turn, slug: str) -> None:
    """To be written."""
    await turn.say(turn.words.say("Welcome!"))


async def open_card(turn: Turn, code: str) -> None:
    """To be written."""
    await turn.say(turn.words.say("Welcome!"))


async def show_cards(turn: Turn) -> None:
    """To be written."""
    await turn.say(turn.words.say("Welcome!"))


async def show_rewards(turn: Turn) -> None:
    """To be written."""
    await turn.say(turn.words.say("Welcome!"))


async def show_my_data(turn: Turn) -> None:
    """To be written."""
    await turn.say(turn.words.say("Welcome!"))


async def welcome(turn: Turn) -> None:
    """To be written."""
    await turn.say(turn.words.say("Welcome!"))


async def help_(turn: Turn) -> None:
    """To be written."""
    await turn.say(turn.words.say("Welcome!"))


async def take_contact(turn: Turn) -> None:
    """To be written."""
    await turn.say(turn.words.say("Welcome!"))
