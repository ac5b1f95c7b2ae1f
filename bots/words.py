"""Words: every sentence, number, date and plural that the bot says, in the language of its reader.

The English sentence in the code is the key: `words.say("Hello {name}", name=…)`. `make words` collects sentences from
the calls below, so they are literals; a sentence in a table is marked there by `N_`.

| for | one | plural |
|---|---|---|
| messages (HTML) | say | count |
| toasts, files, pictures: no HTML | plain | plain_count |
| labels of buttons, 40 letters at most | label | |

Names, codes and times must not turn the sentence around them: a text that a person typed is isolated (U+2068 … U+2069)
wherever it could change the order of its neighbours, and loses the signs that would reach beyond it. Texts are cut to
the length that Telegram takes, which counts UTF-16 units without the tags; how many messages it takes is in
`bots/telegram_limits.py`. `bots/extract_messages.py` collects the sentences for the translators; none live here.
"""

import html
import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from importlib.resources import files

from loyalty_app.customers.refusal_sentences import sentence_of
from loyalty_app.observability.metrics import count_refusal
from loyalty_app.words import LANGUAGES, N_, Html, Words, language_of, locale_of, read_catalogue
from loyalty_core.errors import LoyaltyError

DOMAIN = "loyalty"
"""The name of the translation files: bots/locales/<language>/LC_MESSAGES/loyalty.po."""

CAPTION, TEXT = 1_024, 4_096
LABEL = 40
MOST_NAMES = 20
_TAG = re.compile(r"<[^>]*>")

__all__ = [
    "CAPTION",
    "DOMAIN",
    "LABEL",
    "LANGUAGES",
    "N_",
    "TEXT",
    "Html",
    "Words",
    "fitted",
    "listed",
    "reply",
    "shortened",
    "units",
    "words_for",
]


def reply(words: Words, refusal: LoyaltyError, now: datetime) -> str:
    """A refusal in words, without HTML; it is also counted. `now` is in the time zone of the shop."""
    count_refusal("chat", refusal.code)
    return sentence_of(words, refusal, now)


def words_for(code: str | None) -> Words:
    """The words for a language code such as "de-AT" or "pt_br": its language, or English if we lack it."""
    return _words(language_of(code))


@cache
def _words(code: str) -> Words:
    file = files("bots") / "locales" / code / "LC_MESSAGES" / f"{DOMAIN}.po"
    return Words(code=code, locale=locale_of(code), catalogue=read_catalogue(file, code))


def units(text: Html) -> int:
    """The length of a text as Telegram counts it."""
    return len(html.unescape(_TAG.sub("", text)).encode("utf-16-le")) // 2


def fitted(head: Html, lines: Iterable[Html], *, most: int) -> Html:
    """A head with as many of the lines as fit into `most`; an ellipsis stands for those left out."""
    text = head
    for line in lines:
        longer = Html(f"{text}\n{line}")
        if units(longer) > most - 2:
            return Html(f"{text}\n…")
        text = longer
    return text


def listed(names: list[str], words: Words) -> str:
    """Names of shops within a sentence, as "a, b and c"; of very many, only the first."""
    first = [shortened(name) for name in names[:MOST_NAMES]]
    return words.join([*first, "…"] if len(names) > MOST_NAMES else first)


def shortened(name: str, most: int = LABEL) -> str:
    """A name for a button: one that is too long ends with an ellipsis."""
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"
