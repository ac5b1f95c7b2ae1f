"""Program buttons: the lines and buttons of the staff's screen in a shop with several programs.

One wide button per program gives a stamp; more amounts of a program are behind a second one. A shop with one program
has the buttons of `screen`.
"""

from collections.abc import Callable

from telegram import InlineKeyboardButton

from bots.buttons import GOOD, Arg, Rows, button
from bots.words import Html, Words, shortened
from loyalty_app.customers.staff_cards import StaffCard

GIVE, AMOUNTS = "give", "amounts"
"""The verbs of the buttons that stamp the card of a program, and that show more amounts."""
FEW, MANY = range(2, 6), range(6, 11)
LONGEST_TITLE, HALF_A_ROW = 24, 14

Data = Callable[..., tuple[Arg, ...]]
"""Makes the data of a button from what is added to the shop and the customer."""


def card_lines(words: Words, cards: tuple[StaffCard, ...]) -> list[Html]:
    """A line for each card: its title, and the stamps on it."""
    return [
        words.say("{title}: <b>{have} of {need}</b>", title=card.title, have=card.stamps, need=card.goal)
        for card in cards
    ]


def stamp_rows(words: Words, cards: tuple[StaffCard, ...], data: Data, nonce: str, *, opened: int | None) -> Rows:
    """[+1] of each program, all amounts of the one whose number is `opened`, and a way to those of the others."""

    def give(card: StaffCard, count: int) -> InlineKeyboardButton:
        return button(words.plus(count), GIVE, *data(nonce, count, card.program_number))

    rows: Rows = []
    for card in cards:
        label = words.label("{title}  {amount}", title=short_title(card), amount=words.plus(1))
        rows.append([button(label, GIVE, *data(nonce, 1, card.program_number), look=GOOD)])
        if card.program_number == opened:
            rows += [[give(card, count) for count in amounts] for amounts in (FEW, MANY)]
    more = [_more(words, card, data) for card in cards if card.program_number != opened]
    return [*rows, *(more[place : place + 2] for place in range(0, len(more), 2))]


def _more(words: Words, card: StaffCard, data: Data) -> InlineKeyboardButton:
    label = words.label("{title}  {amount} …", title=shortened(card.title, HALF_A_ROW), amount=words.plus(2))
    return button(label, AMOUNTS, *data(card.program_number))


def short_title(card: StaffCard) -> str:
    """The title of a program as it fits onto a wide button."""
    return shortened(card.title, LONGEST_TITLE)


def with_title(words: Words, card: StaffCard | None, text: Html) -> Html:
    """What was done, with the title of the program that it was done to, if there are several."""
    return words.say("<b>{title}</b>: {text}", title=card.title, text=text) if card else text
