"""Customers: joining, the card with its buttons, rewards, history, the phone number, one's own data.

Only what a customer may see and do; whoever works in a shop is answered by `staff` and `owners`. Each module ends with
the buttons that it answers.
"""

from collections.abc import Awaitable, Callable

from bots.context import Turn
from bots.customers import card, leaving, number, overview, own_data, settings
from bots.customers.greeting import help_, welcome
from bots.customers.joining import join
from bots.customers.number import take_contact
from bots.customers.overview import open_card, show_cards, show_rewards
from bots.customers.own_data import show_my_data

__all__ = [
    "DRAFTS",
    "PRESSES",
    "help_",
    "join",
    "open_card",
    "show_cards",
    "show_my_data",
    "show_rewards",
    "take_contact",
    "welcome",
]

PRESSES: dict[str, Callable[[Turn], Awaitable[None]]] = {
    **card.PRESSES,
    **settings.PRESSES,
    **number.PRESSES,
    **own_data.PRESSES,
    **leaving.PRESSES,
    **overview.PRESSES,
}
DRAFTS: dict[str, Callable[[Turn, str], Awaitable[None]]] = {**number.DRAFTS}
