"""Text limits: keeping texts within what Telegram takes. It counts UTF-16 units, without the tags.

How many messages Telegram takes is `bots/telegram_limits.py`.
"""

import html
import re
from collections.abc import Iterable

from bots.words import Html, Words

CAPTION, TEXT = 1_024, 4_096
LABEL = 40
MOST_NAMES = 20
_TAG = re.compile(r"<[^>]*>")


def units(text: Html) -> int:
    """How long Telegram takes a text to be."""
    return len(html.unescape(_TAG.sub("", text)).encode("utf-16-le")) // 2


def fitted(head: Html, lines: Iterable[Html], *, most: int) -> Html:
    """A text of a head and as many of the lines as there is room for; those that are left out leave an ellipsis."""
    text = head
    for line in lines:
        longer = Html(f"{text}\n{line}")
        if units(longer) > most - 2:
            return Html(f"{text}\n…")
        text = longer
    return text


def listed(names: list[str], words: Words) -> str:
    """Names of shops within a sentence, as "a, b and c"; of very many, the first."""
    first = [shortened(name) for name in names[:MOST_NAMES]]
    return words.join([*first, "…"] if len(names) > MOST_NAMES else first)


def shortened(name: str, most: int = LABEL) -> str:
    """A name for a button: one that is too long ends with an ellipsis."""
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"
