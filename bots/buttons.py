"""Buttons: their labels, and the data that Telegram returns when they are pressed.

A press comes back as text of at most 64 bytes that anybody could have made up: a verb and its arguments. It says what
is wanted, never what is allowed. A nonce, new for each screen, makes what a screen offers once-only: pressing twice, or
pressing a button that Telegram delivers twice, is one press.
"""

import secrets
import time
from collections.abc import Mapping
from typing import Final

import msgspec
from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup, WebAppInfo

from loyalty_app.settings import Settings
from loyalty_app.shops.links import NO_NUMBERS
from loyalty_core.access import DIGITS, base62
from loyalty_core.fields import BotId, BusinessId, CustomerId

LONGEST_DATA: Final = 64
LONGEST_NUMBER: Final = 18
"""Digits that always fit into the 64 bits of a database."""

SCREEN_LIVES_SECONDS: Final = 12 * 3_600
_TIME_LETTERS, _RANDOM_LETTERS = 7, 7
_CLOCKS_DIFFER_SECONDS = 300
SECOND_TAP_SECONDS = 0.6

PLAIN, GOOD, MAIN, RISKY = None, "success", "primary", "danger"
"""How a button looks; Telegram's own names."""

Rows = list[list[InlineKeyboardButton]]
Arg = str | int
"""What a press carries besides its verb: an id, a number or a nonce."""


class Press(msgspec.Struct, frozen=True):
    """A pressed button: a verb and its arguments. Nothing in it can be trusted.

    `past` are numbers that the shop of the bot had before it was moved, with the one that it has now: old buttons carry
    them.
    """

    verb: str
    args: tuple[str, ...]
    past: Mapping[int, int] = NO_NUMBERS

    def number(self, place: int) -> int:
        """An argument as a number; 0, which is no id, if it is not a number."""
        text = self.text(place)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else 0

    @property
    def business_id(self) -> BusinessId:
        """The shop: the first argument of a shop's button; 0 if it names none."""
        return BusinessId(self.past.get(self.number(0), self.number(0)))

    def program(self, place: int) -> int:
        """The number of a program; 0 if there is none. The program with which a shop began has the shop's number."""
        return self.past.get(self.number(place), self.number(place))

    @property
    def customer_id(self) -> CustomerId:
        """The customer: the second argument of the staff's buttons; 0 if it names none."""
        return CustomerId(self.number(1))

    def text(self, place: int) -> str:
        """An argument; empty if it is missing."""
        return self.args[place] if place < len(self.args) else ""


def read_press(data: str, past: Mapping[int, int] = NO_NUMBERS) -> Press:
    """Parse the data of a pressed button."""
    verb, *args = data.split(":")
    return Press(verb, tuple(args), past)


def pack(verb: str, *args: Arg) -> str:
    """The data of a button. Raises ValueError if it is too long for Telegram."""
    data = ":".join([verb, *map(str, args)])
    if len(data.encode()) > LONGEST_DATA:
        message = f"a button cannot carry {data!r}"
        raise ValueError(message)
    return data


def button(label: str, verb: str, *args: Arg, look: str | None = PLAIN) -> InlineKeyboardButton:
    """A button that returns a verb and its arguments."""
    return InlineKeyboardButton(label, callback_data=pack(verb, *args), style=look)


def link(label: str, url: str) -> InlineKeyboardButton:
    """A button that opens a link."""
    return InlineKeyboardButton(label, url=url)


def copy(label: str, text: str) -> InlineKeyboardButton:
    """A button that copies a text of at most 256 letters."""
    return InlineKeyboardButton(label, copy_text=CopyTextButton(text))


def keyboard(rows: Rows | None) -> InlineKeyboardMarkup | None:
    """The keyboard below a message, row by row, without empty rows; None if no row is left."""
    filled = [row for row in rows or [] if row]
    return InlineKeyboardMarkup(filled) if filled else None


def new_nonce(*, ago: float = 0.0) -> str:
    """A nonce for a screen. It holds the time when the screen was made, or counts as made: `ago` seconds before now."""
    tenths = int((time.time() - ago) * 10)
    return base62(tenths, _TIME_LETTERS) + base62(secrets.randbits(41), _RANDOM_LETTERS)


def age_of(nonce: str) -> float | None:
    """How many seconds ago a screen was made; None if the nonce is not one of ours."""
    if len(nonce) != _TIME_LETTERS + _RANDOM_LETTERS or not set(nonce) <= set(DIGITS):
        return None
    tenths = 0
    for letter in nonce[:_TIME_LETTERS]:
        tenths = tenths * 62 + DIGITS.index(letter)
    return time.time() - tenths / 10


def is_stale(nonce: str) -> bool:
    """Whether a screen is so old that its buttons only show the present state.

    A nonce that is not ours counts as stale.
    """
    age = age_of(nonce)
    return age is None or not -_CLOCKS_DIFFER_SECONDS <= age <= SCREEN_LIVES_SECONDS


def is_second_tap(nonce: str) -> bool:
    """Whether a screen is so new that nobody has read it yet: a finger tapped twice."""
    age = age_of(nonce)
    return age is not None and 0 <= age < SECOND_TAP_SECONDS


def page_url(settings: Settings, bot_id: BotId, page: str) -> str | None:
    """The address of a page of a bot; None where Telegram would not open it: it takes https, a sandbox http too."""
    public = settings.public_url
    if public is None or not (public.startswith("https:") or settings.telegram_api_url):
        return None
    return f"{public.rstrip('/')}/app/{bot_id}/{page}"


def page_row(url: str | None, label: str) -> list[InlineKeyboardButton]:
    """A row with a button that opens a page inside Telegram; empty without an address."""
    return [InlineKeyboardButton(label, web_app=WebAppInfo(url))] if url else []
