"""Code pages: which encoding from before Unicode a sheet has, judged by its words and the shop's country.

The country says which encodings are usual; of these the one counts in which most words look right (`spelling.py`). If
they look wrong in all of them, the sheet comes from elsewhere: then the encoding counts in which one language has all
its words. If there is none, or more than one, the sheet is refused: nobody notices a wrong letter until a customer
reads the card. Figures: docs/decisions/0018-encodings.md.
"""

from collections.abc import Callable, Iterable
from datetime import tzinfo

import msgspec

from loyalty_app.importing import spelling
from loyalty_core.errors import InvalidRequest

WESTERN = ("windows-1252", "mac-roman", "cp850")
OF_LANGUAGES = {
    "pl cs sk hu sl hr bs ro sq": ("windows-1250", "iso8859-2", "mac-latin2", "cp852"),
    "ru uk be bg sr mk kk ky": ("windows-1251", "koi8-r", "cp866", "mac-cyrillic"),
    "el": ("windows-1253", "cp737"),
    "tr az": ("windows-1254", "mac-turkish", "cp857"),
    "he": ("windows-1255", "cp862"),
    "ar fa ur": ("windows-1256", "cp864"),
    "lt lv et": ("windows-1257", "cp775"),
    "vi": ("windows-1258",),
    "th": ("cp874",),
    "ja": ("cp932", "euc-jp"),
    "ko": ("cp949",),
    "zh": ("gb18030",),
    "zh_Hant": ("big5",),
}
"""What programs in a language write, the most usual first: it wins where others make equal sense."""
CODE_PAGES = {language: pages for languages, pages in OF_LANGUAGES.items() for language in languages.split()}
WRITTEN_IN = {page: languages.split() for languages, pages in reversed(OF_LANGUAGES.items()) for page in pages}
WESTERN_LANGUAGES = [language for language in spelling.LETTERS if language not in (*CODE_PAGES, *spelling.RARE)]
SCRIPTS = {"ru": "CYRILLIC", "el": "GREEK", "he": "HEBREW", "ar": "ARABIC", "th": "THAI"}
COMMON = {"cp932": (0x81, 0x98), "euc-jp": (0xA1, 0xCF), "gb18030": (0xB0, 0xD7), "cp949": (0xB0, 0xC8)}
COMMON["big5"] = (0xA4, 0xC6)
"""The first bytes of the letters that people use most."""
KNOWN_PAGES = (*WESTERN, *dict.fromkeys(page for pages in OF_LANGUAGES.values() for page in pages))
FOREIGN = (
    *("windows-1252", "windows-1250", "windows-1254", "windows-1257", "windows-1251", "windows-1253"),
    *("windows-1255", "windows-1256", "cp874", "cp932", "gb18030", "big5", "cp949"),
)
"""Encodings of sheets from another country than their shop."""
SPOKEN = {"ES": "ca", "AD": "ca", "GB": "cy gd", "IE": "ga", "IS": "is", "FO": "fo"}
"""Languages of small countries and regions; elsewhere their letters are more likely misread ones."""
KOREAN, ENOUGH_HANGUL = "cp949", 16
"""Chinese read as Korean is not all Hangul, if there are so many bytes of it; the other way round nobody can tell."""
FINE, SURE, DOUBTFUL = 0.15, 0.05, 0.34
"""Shares of words that look wrong: at home, in one language of elsewhere, and the most that is taken at all."""


def code_page(sample: bytes, country: str | None) -> str:
    """The encoding of lines that go beyond ASCII and are not UTF-8. Raises InvalidRequest if nobody can tell."""
    home = _home_of(country)
    first, *others = home.pages
    wrong = _share(sample, first, _at_home(first, home))
    if wrong == 0 and not spelling.has_letters(sample.decode(first, "replace")):
        return first
    alone = [home.languages, *([[one] for one in WESTERN_LANGUAGES] if first in WESTERN else [])]
    if wrong <= FINE and any(_share(sample, first, _of_page(first, languages)) <= FINE for languages in alone):
        return first
    sure = [page for page in FOREIGN if page not in home.pages and _share_elsewhere(sample, page) <= SURE]
    if wrong <= FINE:
        doubts = [page for page in sure if sample.decode(page, "replace") != sample.decode(first, "replace")]
        return first if not doubts else _only([first, *doubts], sample)
    sure += [page for page in others if _share(sample, page, _at_home(page, home)) <= FINE]
    return _only(sure, sample) if sure or wrong > DOUBTFUL else first


def _only(pages: list[str], sample: bytes) -> str:
    """The encoding, if all give the same text. Raises InvalidRequest."""
    if pages and len({sample.decode(page, "replace") for page in pages}) == 1:
        return pages[0]
    if KOREAN in pages and len(sample) - len(sample.decode("ascii", "ignore")) >= ENOUGH_HANGUL:
        return KOREAN
    named = f"may be in {' or '.join(pages)}" if pages else "is in an encoding that nobody can tell"
    message = f"{named}: save it as CSV UTF-8, or name its encoding with --encoding"
    raise InvalidRequest.field("file", message)


def country_of_zone(zone: tzinfo) -> str | None:
    """The country of a time zone, for a shop that has told none; None for one like UTC."""
    from babel.core import get_global  # noqa: PLC0415  # loads long, for the first list

    country = get_global("zone_territories").get(str(zone))
    return None if country in {None, "ZZ", "001"} else str(country)


class Home(msgspec.Struct, frozen=True):
    """A shop's country: the encodings that are usual there, and the languages of its people."""

    pages: tuple[str, ...]
    languages: tuple[str, ...]


def _home_of(country: str | None) -> Home:
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415  # the same

    try:
        locale = Locale.parse(f"und_{country}") if country else None
    except (UnknownLocaleError, ValueError):
        locale = None
    if locale is None:
        return Home(WESTERN, ())
    names = (f"{locale.language}_{locale.script}", locale.language)
    pages = next((CODE_PAGES[name] for name in names if name in CODE_PAGES), WESTERN)
    return Home(pages, (locale.language, *SPOKEN.get(str(country), "").split()))


Check = Callable[[str], bool]


def _share(sample: bytes, page: str, looks_right: Check) -> float:
    return spelling.misspelled(sample.decode(page, "replace"), looks_right)


def _at_home(page: str, home: Home) -> Check:
    """Whether a word looks right in a shop's own country: in any language near it."""
    near = WESTERN_LANGUAGES if page in WESTERN or "tr" in WRITTEN_IN[page] else ()
    return _of_page(page, (*WRITTEN_IN.get(page, ()), *near, *home.languages))


def _of_page(page: str, languages: Iterable[str]) -> Check:
    if page in COMMON:
        return spelling.east_asian(page, COMMON[page])
    script = next((SCRIPTS[language] for language in WRITTEN_IN.get(page, ()) if language in SCRIPTS), None)
    return spelling.of_script(script) if script else spelling.latin(languages)


def _share_elsewhere(sample: bytes, page: str) -> float:
    """The share of wrong words, in the one language that fits best; people of Western Europe mix."""
    if page in WESTERN:
        return _share(sample, page, spelling.latin(WESTERN_LANGUAGES))
    languages = WRITTEN_IN[page]
    return min(_share(sample, page, _of_page(page, [language])) for language in languages)
