"""Catalogues: the translations in bots/locales/, read from their .po files when a language is first used.

Nothing compiled is kept in the project. What a sentence looks like once it is filled belongs to `bots/words.py`.
"""

from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DOMAIN = "loyalty"


def read_catalogue(code: str) -> NullTranslations:
    """Read the translations of a language; one without a catalogue says the English of the code."""
    file = files("bots") / "locales" / code / "LC_MESSAGES" / f"{DOMAIN}.po"
    if not file.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as text:
        write_mo(compiled, read_po(text, locale=code))
    compiled.seek(0)
    return GNUTranslations(compiled)
