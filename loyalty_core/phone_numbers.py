"""Phone numbers: the digits in what people type, paste and scan. One reading for the API, lists, the chat and searches.

The rules, in words:
- Digits of all scripts are digits. Marks that cannot be seen do not count, but control characters are refused; spaces,
  dashes, dots, slashes and brackets only separate.
- Words never become digits. Before and after a number they are left out; between digits they are refused, and so are
  extensions. Raised and circled digits are words: they may be notes.
- Two numbers are refused: nobody knows which is meant.

Whether a number can exist is checked outside the core, where the library for it is; which numbers are one telephone is
in `number_plans`.
"""

import re
import unicodedata

import msgspec

from loyalty_core.errors import InvalidRequest

EXAMPLE = "+14155552671"
PLUS, SPACE, SEPARATOR, SLASH, NEXT, WORD = "+ -/,w"
"""What a letter means for a number; digits stand for themselves."""
HALF = 6
"""Digits of the shortest number that may stand beside another one, behind a slash."""

_MEANT = {
    **dict.fromkeys("+\uff0b\ufe62\u207a\u208a", PLUS),
    **dict.fromkeys("/\uff0f\u2044\u2215", SLASH),
    **dict.fromkeys(",;|\n\r\v\f\u2028\u2029\u060c\u061b\uff0c\uff1b\u3001", NEXT),
    **dict.fromkeys(
        ".'\u2019\u00b4`_~\u00b7\u2022\u2219\u22c5\u30fb\uff0e\u3002\u2212\u30fc\uff70\uff5e\u301c", SEPARATOR
    ),
}
_CATEGORIES = {"Zs": SPACE, "Pd": SEPARATOR, "Ps": SEPARATOR, "Pe": SEPARATOR, "Cf": "", "Mn": "", "Me": ""}
_LINK_OF_A_NUMBER = re.compile(
    r"\s*(?:https?://)?(?:wa\.me/|api\.whatsapp\.com/send/?\?phone=)\+?(?=\d)", re.IGNORECASE
)
_NUMBER = re.compile(r"(?:\+[ /-]*)?\d(?:.*\d)?")
_TWO = re.compile(r"(?P<one>[^/]*)/[ -]*(?P<other>[+0].*)")


class Dialled(msgspec.Struct, frozen=True):
    """The digits of a number, with a plus in front if one was typed; and whether words beside it were left out."""

    digits: str
    has_words: bool

    @property
    def has_plus(self) -> bool:
        """Whether it begins with a plus, and so with a country code."""
        return self.digits.startswith(PLUS)


def dialled(text: str) -> Dialled:
    """Read the digits of a phone number, none if there are none. Raises InvalidRequest, with what is wrong."""
    meant = "".join(map(_meaning, _LINK_OF_A_NUMBER.sub(PLUS, text)))
    found = _NUMBER.search(meant)
    if found is None:
        return Dialled("", WORD in meant)
    _check(found[0])
    words = meant[: found.start()] + meant[found.end() :]
    return Dialled(re.sub(r"[^+\d]", "", found[0]), WORD in words)


def refused(why: str) -> InvalidRequest:
    """The refusal of a phone number; the words for it end with an example of what is right."""
    return InvalidRequest.field("phone", f"{why}, as {EXAMPLE}")


def _meaning(letter: str) -> str:
    if letter in _MEANT:
        return _MEANT[letter]
    if letter == "\t":
        return SPACE
    category = unicodedata.category(letter)
    return str(unicodedata.digit(letter)) if category == "Nd" else _CATEGORIES.get(category, WORD)


def _check(number: str) -> None:
    """Raise InvalidRequest if there is more between the first digit and the last than one number."""
    if WORD in number:
        raise refused("must have no words or extension between its digits: give the number alone")
    both = _TWO.fullmatch(number)
    halves = both is not None and all(len(re.sub(r"\D", "", part)) >= HALF for part in both.groups())
    if NEXT in number or PLUS in number[1:] or halves:
        raise refused("must be one number, not several: give one")
