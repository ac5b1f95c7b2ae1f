"""Formatted texts: HTML is parsed as strictly as Telegram does, and lengths are counted in UTF-16 units as it counts.

Commands and links in a text are found too. Limits of texts are in `calls.texts`.
"""

import html
import re
from typing import Any

from msgspec import Struct, field

from telegram_sandbox.refusals import Refused, bad_request

Json = dict[str, Any]

TAG = re.compile(r"<(?P<end>/?)(?P<name>[^\s<>]*)(?P<rest>[^<>]*)>?")
ESCAPED = re.compile(r"&(?:#[0-9]+|#x[0-9a-fA-F]+|(?:lt|gt|amp|quot)(?![a-zA-Z]));?")
ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
PLAIN_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "tg-spoiler": "spoiler",
    "blockquote": "blockquote",
}
FOUND = {
    "bot_command": re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,})?(?![\w/])"),
    "url": re.compile(r"(?:https?://|(?<![\w.])t\.me/)[^\s<>\"]*[^\s<>\".,;:!?)\]]"),
}


class Entity(Struct, kw_only=True, omit_defaults=True):
    """A `MessageEntity`."""

    type: str
    offset: int
    length: int
    url: str | None = None
    user: Json | None = None
    language: str | None = None
    custom_emoji_id: str | None = None


class Open(Struct):
    """A tag that waits for its end tag, and its position in the text."""

    tag: str
    entity: Json | None
    start: int


class Parsing(Struct):
    """The text read so far, and its entities."""

    text: str = ""
    entities: list[Json] = field(default_factory=list)
    open: list[Open] = field(default_factory=list)


def units(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse(text: str, mode: str | None) -> tuple[str, list[Json]]:
    """A text and its entities, without space around the text. Raises Refused."""
    if not mode:
        return trimmed(text, [])
    if mode.lower() != "html":
        raise bad_request(f"can't parse entities: parse_mode {mode} is not supported by the sandbox")
    return trimmed(*parse_html(text))


def trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """The text without space around it, with its entities moved accordingly."""
    moved, kept = units(text) - units(text.lstrip()), []
    length = units(text.strip())
    for entity in entities:
        start = max(0, entity["offset"] - moved)
        end = min(length, entity["offset"] + entity["length"] - moved)
        if end > start:
            kept.append(entity | {"offset": start, "length": end - start})
    return text.strip(), sorted(kept, key=lambda entity: (entity["offset"], -entity["length"]))


def parse_html(text: str) -> tuple[str, list[Json]]:
    """The text without tags, and their entities. Raises Refused with the byte offset, as Telegram does."""
    parsing, position = Parsing(), 0
    for found in TAG.finditer(text):
        parsing.text += unescaped(text[position : found.start()])
        offset = len(text[: found.start()].encode("utf-8", "surrogatepass"))
        (close_tag if found["end"] else open_tag)(parsing, found, offset)
        position = found.end()
    parsing.text += unescaped(text[position:])
    if parsing.open:
        raise unparsed(f'Can\'t find end tag corresponding to start tag "{parsing.open[-1].tag}"')
    return parsing.text, parsing.entities


def open_tag(parsing: Parsing, found: re.Match[str], offset: int) -> None:
    """Read a start tag."""
    tag, unclosed = found["name"].lower(), unparsed(f"Unclosed start tag at byte offset {offset}")
    if found.end("name") == len(found.string):
        raise unclosed
    entity = meaning(tag, attributes(found["rest"]), offset)
    if not found[0].endswith(">"):
        raise unclosed
    parsing.open.append(Open(tag, entity, units(parsing.text)))


def close_tag(parsing: Parsing, found: re.Match[str], offset: int) -> None:
    """Read an end tag."""
    tag = found["name"].lower()
    if not parsing.open:
        raise unparsed(f"Unexpected end tag at byte offset {offset}")
    opened = parsing.open.pop()
    if tag not in {"", opened.tag}:
        raise unparsed(f'Unmatched end tag at byte offset {offset}, expected "</{opened.tag}>", found "</{tag}>"')
    length = units(parsing.text) - opened.start
    if opened.entity is not None and length:
        parsing.entities.append(opened.entity | {"offset": opened.start, "length": length})


def meaning(tag: str, given: dict[str, str], offset: int) -> Json | None:
    """The entity of a start tag; None for a tag without effect. Raises Refused for tags that Telegram does not know."""
    if tag in PLAIN_TAGS:
        expandable = tag == "blockquote" and "expandable" in given
        return {"type": "expandable_blockquote" if expandable else PLAIN_TAGS[tag]}
    if tag == "a":
        return {"type": "text_link", "url": given["href"]} if given.get("href") else None
    if tag == "span" and given.get("class") == "tg-spoiler":
        return {"type": "spoiler"}
    if tag == "span":
        raise unparsed(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
    raise unparsed(f'Unsupported start tag "{tag}" at byte offset {offset}')


def attributes(text: str) -> dict[str, str]:
    """The attributes of a tag."""
    return {name.lower(): unescaped(a or b or c) for name, a, b, c in ATTRIBUTE.findall(text)}


def unescaped(text: str) -> str:
    """The text with Telegram's few escapes undone; it leaves all others as they are."""
    return ESCAPED.sub(lambda found: html.unescape(found[0]), text)


def unparsed(reason: str) -> Refused:
    """The refusal of a text that cannot be parsed."""
    return bad_request(f"can't parse entities: {reason}")


def with_found(text: str, entities: list[Json]) -> list[Json]:
    """The entities, with the commands and links that Telegram finds by itself outside of code and links."""
    taken = [(each["offset"], each["offset"] + each["length"]) for each in entities if each["type"] in UNTOUCHED]
    more = [
        {"type": kind, "offset": units(text[: found.start()]), "length": units(found[0])}
        for kind, pattern in FOUND.items()
        for found in pattern.finditer(text)
    ]
    free = [each for each in more if not any(start <= each["offset"] < end for start, end in taken)]
    return sorted(entities + free, key=lambda each: (each["offset"], -each["length"]))


UNTOUCHED = {"code", "pre", "text_link"}
