"""Letters: cleans any text for drawing, and cuts it into what readers see as single letters.

Only the text itself is looked at here; fonts and sizes are elsewhere.
"""

import unicodedata
from collections.abc import Iterator

ZERO_WIDTH_JOINER = "\u200d"
ZERO_WIDTH_NON_JOINER = "\u200c"
MARKS_AT_MOST = 4  # enough for Thai, Hebrew and Vietnamese, too few to climb over the line above
LETTERS_AT_MOST = 400
_TAGS = range(0xE0020, 0xE0080)
_SKIN = range(0x1F3FB, 0x1F400)
_FLAGS = range(0x1F1E6, 0x1F200)
_LINKS = "VIRAMA"
# A whole sentence in one letter, many times as wide as others: no place has room for it, and no library can draw it.
_SPELLED_OUT = {"\ufdfd": "بسم الله الرحمن الرحيم"}


def clean(text: str) -> str:
    """One line without invisible characters: controls, lone surrogates, overrides of direction.

    Spaces are single, the text is NFC, with at most 400 characters and four marks on a letter.
    """
    drawable = "".join(letter for letter in text[: 2 * LETTERS_AT_MOST] if letter.isspace() or _drawable(letter))
    drawable = "".join(_SPELLED_OUT.get(letter, letter) for letter in drawable)
    joined = " ".join(unicodedata.normalize("NFC", drawable).split())
    return "".join(_tamed(joined))[:LETTERS_AT_MOST].strip()


def _drawable(letter: str) -> bool:
    if letter in {ZERO_WIDTH_JOINER, ZERO_WIDTH_NON_JOINER} or ord(letter) in _TAGS:
        return True
    return unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _tamed(letters: str) -> Iterator[str]:
    marks = 0
    for letter in letters:
        marks = marks + 1 if unicodedata.category(letter).startswith("M") else 0
        if marks <= MARKS_AT_MOST:
            yield letter


def clusters(text: str) -> list[str]:
    """Cut a text where that is allowed: marks, joined emoji, flags and conjuncts stay together."""
    found: list[str] = []
    for letter in text:
        if found and _belongs(found[-1], letter):
            found[-1] += letter
        else:
            found.append(letter)
    return found


def _belongs(cluster: str, letter: str) -> bool:
    code, last = ord(letter), cluster[-1]
    if code in _FLAGS:
        return len(cluster) == 1 and ord(cluster) in _FLAGS
    if unicodedata.category(letter)[0] == "M" or letter in {ZERO_WIDTH_JOINER, ZERO_WIDTH_NON_JOINER}:
        return not cluster.isspace()
    if code in _TAGS or code in _SKIN:
        return True
    return last == ZERO_WIDTH_JOINER or (_joins(last) and letter.isalpha())


def _joins(letter: str) -> bool:
    """Whether a mark ties the next consonant to its own, as in Devanagari."""
    return _LINKS in unicodedata.name(letter, "")
