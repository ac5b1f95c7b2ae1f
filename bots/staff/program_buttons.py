"""Program buttons: the lines and buttons of the staff's screen in a shop with several programs.

One wide button per program gives a stamp; more amounts of a program are behind a second one. A shop with one program
has the buttons of `screen`.
"""

from collections.abc import Callable

from telegram import InlineKeyboardButton

from bots.buttons import GOOD, Arg, Rows, button
from bots.words import Html, Words, shortened
from loyalty_app.customers.staff_cards import StaffCard
from loyalty_app.words import numbered

GIVE, AMOUNTS = "give", "amounts"
"""The verbs of the buttons that stamp the card of a program, and that show more amounts."""
FEW, MANY = range(2, 6), range(6, 11)
LONGEST_TITLE, HALF_A_ROW = 24, 14

Data = Callable[..., tuple[Arg, ...]]
"""Makes the data of a button from what is added to the shop and the customer."""


def card_lines(words: Words, cards: tuple[StaffCard, ...]) -> list[Html]:
    """A line for each card: its title, and the stamps on it."""
    titles = numbered(card.title for card in cards)
    return [
        words.say("{title}: <b>{have} of {need}</b>", title=title, have=card.stamps, need=card.goal)
        for title, card in zip(titles, cards, strict=True)
    ]


def short_titles(cards: tuple[StaffCard, ...], most: int = LONGEST_TITLE) -> dict[int, str]:
    """The titles of programs, by their numbers, as they fit onto buttons: each is another one."""
    titles = numbered(shortened(card.title, most) for card in cards)
    return {card.program_number: title for title, card in zip(titles, cards, strict=True)}


def stamp_rows(words: Words, cards: tuple[StaffCard, ...], data: Data, nonce: str, *, opened: int | None) -> Rows:
    """[+1] of each program, all amounts of the one whose number is `opened`, and a way to those of the others."""

    def give(program: int, count: int) -> InlineKeyboardButton:
        return button(words.plus(count), GIVE, *data(nonce, count, program))

    rows: Rows = []
    for program, title in short_titles(cards).items():
        label = words.label("{title}  {amount}", title=title, amount=words.plus(1))
        rows.append([button(label, GIVE, *data(nonce, 1, program), look=GOOD)])
        if program == opened:
            rows += [[give(program, count) for count in amounts] for amounts in (FEW, MANY)]
    narrow = short_titles(cards, HALF_A_ROW).items()
    more = [_more(words, title, data(program)) for program, title in narrow if program != opened]
    return [*rows, *(more[place : place + 2] for place in range(0, len(more), 2))]


def _more(words: Words, title: str, data: tuple[Arg, ...]) -> InlineKeyboardButton:
    return button(words.label("{title}  {amount} …", title=title, amount=words.plus(2)), AMOUNTS, *data)


def with_title(words: Words, card: StaffCard | None, text: Html) -> Html:
    """What was done, with the title of the program that it was done to, if there are several."""
    return words.say("<b>{title}</b>: {text}", title=card.title, text=text) if card else text
