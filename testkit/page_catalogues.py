"""The catalogues of the pages: collects what they say from templates, scripts and code, as `make words` does.

A page has a catalogue of its own, by the first word of a file's name (`scan_camera.js` is of the page `scan`); what is
in no page's file is of the shell. Translations that the bot has already are taken over. For developers.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from jinja2 import nodes

from api.pages.page_words import LOCALES, PageName
from api.pages.shell import ENVIRONMENT
from bots.extract_messages import (
    OF_GIFTS,
    OF_LOOKS,
    OF_REFUSALS,
    PLURAL,
    PLURALS,
    SINGULAR,
    Sentence,
    in_step,
    sentences_in,
    to_translate,
    translated,
)

PAGES = LOCALES.parent
OTHER_NAMES = {"shop": PageName.DESK, **dict.fromkeys(("join", "joining", "private"), PageName.CARD)}
_TEXT = r'("(?:[^"\\]|\\.)*")'
CALL = re.compile(rf"\b(say|count|mark)\(\s*{_TEXT}(?:,\s*{_TEXT})?")


COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def page_of(path: Path) -> PageName:
    """The page to which a file of the pages belongs."""
    parts = [part for part in path.relative_to(PAGES).parts if part not in {"templates", "static"}]
    word = re.split(r"[_.\-]", parts[0])[0]
    return OTHER_NAMES.get(word) or (PageName(word) if word in list(PageName) else PageName.SHELL)


def collect_pages() -> dict[PageName, dict[str, Sentence]]:
    """The sentences of each page, by their English text; a page does not repeat those of the shell."""
    found = defaultdict[PageName, list[Sentence]](list)
    found[PageName.SHELL] = list(sentences_in(OF_REFUSALS.read_text("utf-8"), OF_REFUSALS.name))
    for path in (OF_LOOKS, OF_GIFTS):
        found[PageName.DESK] += sentences_in(path.read_text("utf-8"), path.name)
    readers = {".py": sentences_in, ".html": _in_template, ".js": _in_script}
    for path in sorted(path for path in PAGES.rglob("*") if path.suffix in readers):
        found[page_of(path)] += readers[path.suffix](path.read_text("utf-8"), path.name)
    shared = to_translate(found[PageName.SHELL])
    own = {page: to_translate([each for each in found[page] if each.one not in shared]) for page in PageName}
    return {**own, PageName.SHELL: shared}


def _in_template(source: str, name: str) -> Iterator[Sentence]:
    for call in ENVIRONMENT.parse(source).find_all(nodes.Call):
        way = call.node.attr if isinstance(call.node, nodes.Getattr) else ""
        texts = [each.value for each in call.args if isinstance(each, nodes.Const)]
        if way in SINGULAR | PLURAL and texts:
            many = texts[1] if way in PLURAL else None
            yield Sentence(way=way, one=texts[0], many=many, values=None, where=f"{name}:{call.lineno}", note="")


def _in_script(source: str, name: str) -> Iterator[Sentence]:
    source = COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), source)
    for call in CALL.finditer(source):
        way, one, many = call[1], json.loads(call[2]), json.loads(call[3]) if call[3] else None
        where = f"{name}:{source.count(chr(10), 0, call.start()) + 1}"
        yield Sentence(way=way, one=one, many=many if way == "count" else None, values=None, where=where, note="")


def path_for(page: PageName, code: str) -> Path:
    """The file of a page's catalogue in a language."""
    return LOCALES / code / f"{page}.po"


def main() -> None:
    """Write all catalogues, and tell what is still to be translated."""
    for page, sentences in collect_pages().items():
        for code in PLURALS:
            path = path_for(page, code)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(in_step(code, sentences, path, others=translated(code)))
            missing = path.read_text("utf-8").count('\nmsgstr ""\n\n')
            print(f"{page} {code}: {len(sentences)} sentences, {missing} to be translated")  # noqa: T201  # a command says what it did


if __name__ == "__main__":
    main()
