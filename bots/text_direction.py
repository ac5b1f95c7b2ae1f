"""Text direction: keeps names, codes and times from turning the sentence around them.

What a person typed is isolated (U+2068 … U+2069) wherever it could change the order of its neighbours, and loses the
signs that would reach beyond it. Words themselves and HTML belong to `bots/words.py`.
"""

import re
import unicodedata

ISOLATE, END = "\u2068", "\u2069"
RIGHT_TO_LEFT = "\u200f"

_OVERRIDES = dict.fromkeys(range(0x202A, 0x202F))
_ISOLATES = dict.fromkeys(range(0x2066, 0x206A))
_OPENS = {"\u2066", "\u2067", "\u2068"}
# A code keeps its isolation outside its tag: a tap copies what is inside. A placeholder within a tag is a link's.
_PLACE = re.compile(r"<code>\{(?P<code>\w+)\}</code>|<[^>]*>|\{(?P<name>\w+)\}")


def isolate_places(sentence: str, apart: set[str]) -> str:
    """Put isolation around the placeholders named in `apart`, as in "{name}", but never inside of a tag."""

    def isolated(place: re.Match[str]) -> str:
        return f"{ISOLATE}{place[0]}{END}" if (place["code"] or place["name"]) in apart else place[0]

    return _PLACE.sub(isolated, sentence)


def is_all_places(sentence: str) -> bool:
    """Whether a sentence has no letter of its own, so that nothing but its places could tell its direction."""
    return not any(unicodedata.bidirectional(letter) in {"L", "R", "AL"} for letter in _PLACE.sub("", sentence))


def tame(text: str) -> str:
    """Take out of a text the signs that turn what follows it; isolations that are closed again may stay."""
    text = text.translate(_OVERRIDES)
    return text if _closes_what_it_opens(text) else text.translate(_ISOLATES)


def reorders(text: str, *, rtl: bool) -> bool:
    """Whether a text could change the order of a sentence that is written in this direction."""
    ways = {unicodedata.bidirectional(letter) for letter in text}
    return bool(ways - {"EN", "AN"}) if rtl else bool(ways & {"R", "AL", "AN"})


def _closes_what_it_opens(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter in _OPENS) - (letter == END)
        if depth < 0:
            return False
    return depth == 0
