"""The words of the pages: a catalogue for each page and language, beside what all pages share (`shell`).

The English sentence in the template, in the script or in the code is the key. `make words` collects them; no sentence
lives here. A script gets the sentences that scripts of its page and of the shell say.
"""

import json
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from loyalty_app.words import LANGUAGES, Words, language_of, locale_of, read_catalogue

LOCALES, STATIC = Path(__file__).with_name("locales"), Path(__file__).with_name("static")


class PageName(StrEnum):
    """A page, by the name of its template, its script, its style and its catalogue."""

    SHELL = "shell"
    SCAN = "scan"
    CARD = "card"
    DESK = "desk"


Translation = str | list[str]


def words_of(page: PageName, code: str | None) -> Words:
    """The words of a page for a language code such as "de-AT": its language, or English if we lack it."""
    return _words(page, language_of(code))


def language_asked(accept_language: str) -> str:
    """The first language of a header Accept-Language that we have, in the order of its weights; else English."""
    for tag in _by_weight(accept_language):
        language = tag.partition("-")[0].lower()
        if language in LANGUAGES:
            return language
    return "en"


def _by_weight(header: str) -> Sequence[str]:
    parts = [part.strip().partition(";") for part in header[:500].split(",") if part.strip()]
    return [name.strip() for name, _, weight in sorted(parts, key=lambda part: -_weight(part[2]))]


def _weight(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0


@cache
def _words(page: PageName, language: str) -> Words:
    return Words(code=language, locale=locale_of(language), catalogue=_catalogue(page, language))


def _catalogue(page: PageName, language: str) -> NullTranslations:
    own = _read(page, language)
    if page is not PageName.SHELL:
        own.add_fallback(_read(PageName.SHELL, language))
    return own


def _read(page: PageName, language: str) -> NullTranslations:
    return read_catalogue(LOCALES / language / f"{page}.po", language)


@cache
def _scripts() -> str:
    """The source of all scripts. A sentence stands there as a literal; the others are said by the server."""
    return "\n".join(path.read_text("utf-8") for path in sorted(STATIC.glob("*.js")))


@cache
def script_words(page: PageName, language: str) -> dict[str, Translation]:
    """What the scripts of a page say: each English sentence with its translation, or with a form for each plural."""
    scripts, said = _scripts(), dict[str, Translation]()
    for name in (PageName.SHELL, page):
        catalogue = _read(name, language)
        for key, text in sorted(_entries(catalogue), key=str):
            if json.dumps(key if isinstance(key, str) else key[0], ensure_ascii=False) not in scripts:
                continue
            if isinstance(key, tuple):
                said.setdefault(key[0], []).append(text)  # type: ignore[union-attr]  # a plural's forms are a list
            elif key:
                said[key] = text
    return said


def _entries(catalogue: NullTranslations) -> list[tuple[str | tuple[str, int], str]]:
    """What a catalogue holds: a plural is there once for each of its forms."""
    known: dict[str | tuple[str, int], str] = getattr(catalogue, "_catalog", {})
    return list(known.items()) if isinstance(catalogue, GNUTranslations) else []
