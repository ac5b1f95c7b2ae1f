"""Search words: the forms in which names, phone numbers and e-mail addresses are compared.

The rules, in words:
- A search finds customers by the beginnings of words, in any order: `le mey` finds Lena Meyer.
- Case, accents, width and signs do not matter, in any script; ø is o, ł is l, ß is ss, ё is е, أ is ا.
- A name with signs in it is found from each of its parts on: Anne-Marie by anne, marie and annemarie. So is an e-mail
  address, by its domain too. A name in Chinese, Japanese or Korean is found from each of its letters on.
- A phone number is found by its beginning, and by its last digits.
- A customer is also found by what those told who were merged into them.

Which customers have which words is stored elsewhere. Nothing that people see is written in these forms.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby, pairwise

LONGEST_WORD, MOST_WORDS, MOST_JOINED = 64, 40, 200
"""A longer word is compared by its beginning; further words of one customer, or of merged ones, are not found."""

JOINING = frozenset("'’‘ʼʻ`´′._@+&-‐‑‒–—―־״׳·・")
"""Signs that may stand inside one word: in O'Brien, Anne-Marie, J.R., ana.ortiz@example.com."""
DASHES = frozenset("-‐‑‒–—―־")
SURELY_A_NUMBER = 5
"""As many digits as no two customers are likely to share in the middle of their numbers."""
VIRAMA = 9
"""The combining class of the sign that joins letters in Indian scripts; it is no accent."""
NUMBER = re.compile(r"\(?\+?[\d()./\-‐‑‒–—−]*\d[\d()./\-‐‑‒–—−]*")

SPELLED = {
    "ı": "i",
    "ȷ": "j",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ð": "d",
    "ŋ": "ng",
    "ə": "e",
    "є": "е",
    "ى": "ي",
    "ی": "ي",
    "ې": "ي",
    "ک": "ك",
    "ة": "ه",
    "ہ": "ه",
    "ھ": "ه",
    "ە": "ه",
    "ٱ": "ا",
    "ء": "",
    "ך": "כ",
    "ם": "מ",
    "ן": "נ",
    "ף": "פ",
    "ץ": "צ",
    **dict.fromkeys("ʹʺ\u0640\u115f\u1160\u2800", ""),
}
"""Letters that are searched as others, beyond what their Unicode names say: `LATIN SMALL LETTER O WITH STROKE` is o."""
SMALL_KANA = re.compile(r"(HIRAGANA|KATAKANA) LETTER SMALL ")
KATAKANA, TO_HIRAGANA = range(0x30A1, 0x30F7), -0x60
WRITTEN_TOGETHER = (range(0x3041, 0x3100), range(0x3400, 0xA000), range(0xAC00, 0xD7A4), range(0xF900, 0xFB00))
"""Kana, Chinese characters and Hangul, whose names have no spaces; and what is beyond the first plane of Unicode."""
BEYOND = range(0x20000, 0x40000)


def fold(text: str) -> str:
    """A text without case, accents and width: what is compared in a search. Signs and spaces stay."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", "".join(map(_folded, apart)))


@lru_cache(4_096)
def _folded(letter: str) -> str:
    """One letter or mark of a text that is taken apart; empty for accents and for what cannot be seen."""
    kind = unicodedata.category(letter)
    if kind == "Cf" or (kind in {"Mn", "Me"} and _is_accent(letter)):
        return ""
    if letter in SPELLED:
        return SPELLED[letter]
    if kind == "Nd":
        return str(unicodedata.decimal(letter))
    base = _base(letter) if kind[0] == "L" else letter
    return base if base == letter else fold(base)


def _is_accent(mark: str) -> bool:
    """Vowel signs of Indian scripts and of Thai have no combining class; variation selectors must be named."""
    kind = unicodedata.combining(mark)
    return kind not in {0, VIRAMA} or "VARIATION SELECTOR" in unicodedata.name(mark, "") or mark == "\u034f"


def _base(letter: str) -> str:
    """The letter without what its Unicode name adds to it: strokes, hooks, tails."""
    if ord(letter) in KATAKANA:
        letter = chr(ord(letter) + TO_HIRAGANA)
    name = SMALL_KANA.sub(r"\1 LETTER ", unicodedata.name(letter, "").partition(" WITH ")[0])
    try:
        return unicodedata.lookup(name)
    except KeyError:
        return letter


def search_words(name: str, phone: str | None, email: str | None) -> tuple[str, ...]:
    """The words by which a customer is found, sorted; a word that another one begins with is left out.

    `phone` is E.164. Its digits stand after a +, and backwards after a -.
    """
    words = {word[:LONGEST_WORD] for word in (*_of_name(name), *_of_email(email or ""))}
    if phone is not None:
        digits = phone.removeprefix("+")
        words |= {f"+{digits}", f"-{digits[::-1]}"}
    ordered = sorted(words)
    covered = {first for first, second in pairwise(ordered) if second.startswith(first)}
    return tuple(word for word in ordered if word not in covered)[:MOST_WORDS]


def search_text(name: str, phone: str | None, email: str | None) -> str:
    """The words of a customer, each after a line break: no name that was typed begins with one."""
    return "\n" + "\n".join(search_words(name, phone, email))


def joined_text(own: str, others: Iterable[str]) -> str:
    """The words of a customer, and of those who were merged into them, from the texts of `search_text`."""
    words = dict.fromkeys(word for text in (own, *others) for word in text.split("\n") if word)
    return "\n" + "\n".join([*words][:MOST_JOINED])


def _of_name(name: str) -> Iterator[str]:
    for word in _split(fold(name), JOINING):
        yield from _from_each_part(word)


def _of_email(email: str) -> Iterator[str]:
    """An address from each part on, but not by its top-level domain alone."""
    for word in _split(fold(email), JOINING):
        found = list(_from_each_part(word))
        yield from found[:-1] or found


def _split(folded: str, joining: Iterable[str]) -> list[str]:
    """The words of a folded text; signs end a word, except those that may stand inside one."""
    return [
        "".join(letters)
        for is_word, letters in groupby(folded, lambda letter: _is_letter(letter) or letter in joining)
        if is_word
    ]


def _is_letter(letter: str) -> bool:
    """Whether a character can be looked for: letters, digits, the marks left on them, and pictures."""
    kind = unicodedata.category(letter)
    return letter not in JOINING and (kind[0] in "LNM" or kind in {"So", "Sc"})


def _from_each_part(word: str) -> Iterator[str]:
    """A word without its signs; then again from each part, and from each letter of a script without spaces."""
    letters = "".join(filter(_is_letter, word))
    starts, place, after_sign = [], 0, True
    for letter in word:
        if not _is_letter(letter):
            after_sign = True
            continue
        if after_sign or _is_written_together(letter):
            starts.append(place)
        place, after_sign = place + 1, False
    yield from (letters[start:] for start in starts)


def _is_written_together(letter: str) -> bool:
    return letter > "\u3000" and (any(ord(letter) in some for some in WRITTEN_TOGETHER) or ord(letter) in BEYOND)


def wanted_words(text: str) -> tuple[list[str], str | None]:
    """What a typed text looks for: beginnings of words, all of which a customer must have, and a phone number.

    Groups of digits that follow each other are one number: 06 12 34 56 78.
    """
    folded = fold(text).removeprefix("tel:")
    words: list[str] = []
    numbers: list[str] = []
    for part in folded.split():
        if NUMBER.fullmatch(part):
            numbers.append(part)
        else:
            words += _parts(part)
    return list(dict.fromkeys(words)), " ".join(numbers) or None


def _parts(typed: str) -> list[str]:
    """A typed word without its signs. A dash parts it: people with two names write them in either way."""
    parts = ("".join(filter(_is_letter, part)) for part in _split(typed, JOINING - DASHES))
    return [part[:LONGEST_WORD] for part in parts if part]


def number_words(typed: str, kept: Iterable[str], calling_code: str | None) -> tuple[str, ...]:
    """The words of which a customer with that phone number has one: whole, without its beginning, or without its end.

    `kept` are the forms in which it may be kept, if it is whole; `calling_code` is that of the shop's country.
    """
    international, text = typed.startswith("+"), typed.replace("(0)", "")
    digits = "".join(filter(str.isdigit, text))
    national = digits.lstrip("0")
    found = set(kept)
    if international or digits.startswith("00"):
        found |= {f"+{abroad}"} if (abroad := digits if international else digits[2:]) else set()
    elif calling_code and national:
        found |= {f"+{calling_code}{digits}", f"+{calling_code}{national}"}
    if not international:
        found |= {f"-{digits[::-1]}"} | ({digits} if typed == digits else set())
        found |= {f"-{national[::-1]}", f"+{digits}"} if len(national) >= SURELY_A_NUMBER else set()
    return tuple(sorted(found))
