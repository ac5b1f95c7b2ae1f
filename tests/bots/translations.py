"""What can be wrong with a translation, seen by laying it beside its sentence. The laws are in `test_catalogues`."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from string import Formatter

from babel.messages.catalog import Message

LONGEST_LABEL = 40
MISSING = "is not translated"
# What Telegram reads as HTML, as far as the bot uses it.
TAGS = {"b", "i", "u", "s", "a", "code", "pre", "blockquote", "tg-spoiler"}
_TAG = re.compile(r"<(/?)([\w-]+)([^<>]*)>")
_STRAY = re.compile(r"[<>]|&(?!(?:lt|gt|amp|quot);)")
_PLACE = re.compile(r"\{\w*\}")


def faults(message: Message, *, says_html: bool = True, is_label: bool = False) -> list[str]:
    """All that is wrong with the translation of one sentence."""
    sentences, forms = texts(message.id), texts(message.string)
    many = len(sentences) > 1
    if message.fuzzy:
        return ["is fuzzy"]
    if not all(forms):
        return [MISSING]
    found = [fault for form in forms for fault in _faults_of_form(sentences[-1], form, many=many)]
    if says_html:
        found += [fault for form in forms for fault in broken_html(form)]
    if is_label:
        found += [f"is too long for a button: {form}" for form in forms if label_length(form) > LONGEST_LABEL]
    return found


def texts(said: str | Sequence[str] | None) -> list[str]:
    """A sentence or a translation as the list of its forms."""
    return [said] if isinstance(said, str) else list(said or [""])


def _faults_of_form(sentence: str, form: str, *, many: bool) -> Iterator[str]:
    asked, given = places(sentence), places(form)
    if given is None:
        yield f"has braces that are no placeholder: {form}"
    # A form for one or for two may say its number in a word.
    elif given | ({"n"} if many else set()) != (asked or set()) | ({"n"} if many else set()):
        yield f"has other placeholders: {form}"
    if tags(form) != tags(sentence):
        yield f"has other tags: {form}"
    if (form[:1].isspace(), form[-1:].isspace()) != (sentence[:1].isspace(), sentence[-1:].isspace()):
        yield f"begins or ends with other spaces: {form}"
    if form.count("\n") != sentence.count("\n"):
        yield f"has other lines: {form}"


def places(text: str) -> set[str] | None:
    """The names of the placeholders; None if something in braces is none."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return None
    named = [(name, form, turned) for _, name, form, turned in parts if name is not None]
    if any(form or turned or not name.isidentifier() for name, form, turned in named):
        return None
    return {name for name, _, _ in named}


def tags(text: str) -> Counter[str]:
    """The tags with what is in them, how often each."""
    return Counter(tag[0] for tag in _TAG.finditer(text))


def broken_html(text: str) -> list[str]:
    """What Telegram would refuse to read."""
    open_tags: list[str] = []
    for end, name, _ in _TAG.findall(text):
        if name not in TAGS or (end and (not open_tags or open_tags.pop() != name)):
            return [f"has a tag that is wrong here, {name}: {text}"]
        if not end:
            open_tags.append(name)
    if open_tags:
        return [f"does not close {open_tags}: {text}"]
    return [f"has a stray sign of HTML: {text}"] if _STRAY.search(_TAG.sub("", text)) else []


def label_length(text: str) -> int:
    """How many letters a label has, without what is put into it."""
    return len(_PLACE.sub("", text))
