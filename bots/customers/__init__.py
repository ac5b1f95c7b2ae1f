"""Customers: joining, the card with its buttons, rewards, history, the phone number, the name, one's own data.

Only what a customer may see and do; `staff` and `owners` answer people who work in a shop. Each module ends with the
buttons that it answers.
"""

from collections.abc import Awaitable, Callable

from bots.customers import card, erasure, moving, names, opting_out, overview, own_data, phone_number, settings
from bots.customers.join import join as join_by_slug
from bots.customers.join import join_with_code
from bots.customers.overview import open_card, refuse_card, show_rewards
from bots.customers.own_data import show_my_data
from bots.customers.phone_number import take_contact
from bots.customers.welcome import help_, welcome
from bots.turn import Turn

__all__ = [
    "DRAFTS",
    "PRESSES",
    "help_",
    "join",
    "join_by_friend",
    "open_card",
    "refuse_card",
    "show_cards",
    "show_my_data",
    "show_rewards",
    "take_contact",
    "welcome",
]

_ANSWERS: dict[str, Callable[[Turn], Awaitable[None]]] = {
    **card.PRESSES,
    **settings.PRESSES,
    **phone_number.PRESSES,
    **moving.PRESSES,
    **own_data.PRESSES,
    **erasure.PRESSES,
    **opting_out.PRESSES,
    **overview.PRESSES,
}
PRESSES = {verb: names.following(answer) for verb, answer in _ANSWERS.items()} | names.PRESSES
DRAFTS: dict[str, Callable[[Turn, str], Awaitable[None]]] = {**phone_number.DRAFTS, **names.DRAFTS}


async def join(turn: Turn, slug: str) -> None:
    """Hand out a card of the shop, or show the one that the person has there, under the name of now."""
    await join_by_slug(turn, slug)
    await names.follow_name(turn)


async def join_by_friend(turn: Turn, code: str) -> None:
    """The same for somebody who comes by the link of a friend."""
    await join_with_code(turn, code)
    await names.follow_name(turn)


show_cards = names.following(overview.show_cards)
