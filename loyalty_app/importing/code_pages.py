"""Code pages: which encoding from before Unicode a sheet has, judged by its letters and the shop's country.

charset-normalizer says which candidates are text at all; the country says which there are, and decides between equals.
A rule of our own tells Windows from a Mac in Western Europe. Why, and with which figures:
docs/decisions/0018-encodings.md.
"""

import codecs
from itertools import pairwise
from typing import TYPE_CHECKING

from babel import Locale
from babel.core import UnknownLocaleError

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatches

WESTERN, WESTERN_MAC = "windows-1252", "mac-roman"
OF_LANGUAGES = {
    "pl cs sk hu sl hr bs ro sq": ("windows-1250", "iso8859-2", "mac-latin2", "cp852"),
    "ru uk be bg sr mk kk ky": ("windows-1251", "koi8-r", "cp866"),
    "el": ("windows-1253",),
    "tr az": ("windows-1254", "mac-turkish", "cp857"),
    "he": ("windows-1255",),
    "ar fa ur": ("windows-1256",),
    "lt lv et": ("windows-1257",),
    "vi": ("windows-1258",),
    "th": ("cp874",),
    "ja": ("cp932", "euc-jp", WESTERN),
    "ko": ("cp949", WESTERN),
    "zh": ("gb18030", WESTERN),
    "zh_Hant": ("big5", WESTERN),
}
"""What programs in a language write, the most usual first: it wins where others make equal sense."""
CODE_PAGES = {language: pages for languages, pages in OF_LANGUAGES.items() for language in languages.split()}
LATIN = {WESTERN, "windows-1250", "windows-1254", "windows-1257", "windows-1258"}
ALPHABETS = ("windows-1251", "windows-1253", "windows-1255", "windows-1256", "cp874")
SCRIPTS = (*ALPHABETS, "cp932", "gb18030", "big5", "cp949")
"""Encodings of other than Latin letters, for a sheet from another country than its shop."""

HIGH, MOSTLY = 0x80, 0.6
CAPITALS_OF_1252 = range(0xC0, 0xE0)
QUOTES_OF_1252 = {0x80, 0x82, 0x84, 0x85, *range(0x91, 0x98)}


def code_page(sample: bytes, country: str | None) -> str:
    """The encoding of lines that go beyond ASCII and are not UTF-8. There is always one: it may be wrong."""
    pages, in_words = _of_country(country), _is_in_words(sample)
    if pages[0] in LATIN and in_words:
        best = _matches(sample, SCRIPTS).best()
        return _named(best.encoding, SCRIPTS) if best else _western(sample)
    if pages[0] == WESTERN or (pages[0] in ALPHABETS and not in_words):
        return _western(sample)
    return _likeliest(sample, pages)


def _of_country(country: str | None) -> tuple[str, ...]:
    try:
        locale = Locale.parse(f"und_{country}") if country else None
    except (UnknownLocaleError, ValueError):
        locale = None
    names = (f"{locale.language}_{locale.script}", locale.language) if locale else ()
    return next((CODE_PAGES[name] for name in names if name in CODE_PAGES), (WESTERN,))


def _is_in_words(sample: bytes) -> bool:
    """Accents are single among ASCII letters; in Cyrillic, Arabic and Thai whole words are beyond ASCII."""
    high = [place for place, byte in enumerate(sample) if byte >= HIGH]
    return sum(after - before == 1 for before, after in pairwise(high)) > MOSTLY * len(high)


def _likeliest(sample: bytes, pages: tuple[str, ...]) -> str:
    """The candidate with the fewest misplaced letters; of equals the most usual."""
    found = [(round(match.chaos, 2), pages.index(_named(match.encoding, pages))) for match in _matches(sample, pages)]
    return pages[min(found)[1]] if found else pages[0]


def _matches(sample: bytes, pages: tuple[str, ...]) -> "CharsetMatches":
    from charset_normalizer import from_bytes  # noqa: PLC0415  # 3 MB, for a file that is not UTF-8

    return from_bytes(sample, cp_isolation=list(pages), preemptive_behaviour=False)


def _named(encoding: str, pages: tuple[str, ...]) -> str:
    """An encoding by our name for it: each has many."""
    return next(page for page in pages if codecs.lookup(page).name == codecs.lookup(encoding).name)


def _western(sample: bytes) -> str:
    """A Mac's letters are where Windows has signs."""
    high = [byte for byte in sample if byte >= HIGH]
    signs_of_1252 = sum(byte < 0xA0 and byte not in QUOTES_OF_1252 for byte in high)  # noqa: PLR2004  # ä ö ü é of a Mac
    letters_of_1252 = sum(byte >= CAPITALS_OF_1252[0] for byte in high)
    return WESTERN_MAC if signs_of_1252 > letters_of_1252 else WESTERN
