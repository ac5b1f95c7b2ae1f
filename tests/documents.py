"""The project's documents, taken apart: tables, blocks, links, and the commands that they show."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
NAMES = sorted(
    path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")] if path.is_file()
)

FENCED = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CONTINUED = re.compile(r"\\\n\s*")


class Block(NamedTuple):
    """A fenced block."""

    language: str
    text: str


class Table(NamedTuple):
    """A table; cells are kept as they are written."""

    head: list[str]
    rows: list[list[str]]


@cache
def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(name: str) -> str:
    """A document without its fenced blocks."""
    return FENCED.sub("", read(name))


def blocks(name: str) -> list[Block]:
    return [Block(found["language"], found["text"]) for found in FENCED.finditer(read(name))]


def spans(text: str) -> list[str]:
    """What stands between backticks."""
    return SPAN.findall(text)


def tables(text: str) -> Iterator[Table]:
    for lines in re.findall(r"(?:^\|.*\n)+", text + "\n", re.MULTILINE):
        head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines.splitlines()]
        yield Table(head, rows)


def sections(name: str, level: str) -> dict[str, str]:
    """The parts of a document below each of its headings of a level."""
    _, *parts = re.split(rf"^{level} (.+)$", read(name), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def links(name: str) -> list[str]:
    """Where a document points to, except into the wide world."""
    targets = (found["target"] for found in LINK.finditer(prose(name)))
    return [target for target in targets if not target.startswith(("http://", "https://"))]


def anchors(name: str) -> set[str]:
    """The places in a document that a link can name."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(prose(name)))
    return {heading.replace(" ", "-") for heading in plain}


def typed(text: str, program: str) -> list[list[str]]:
    """The command lines of one program in a block, variables of the line itself left out."""
    lines = (line.strip() for line in CONTINUED.sub("", text).splitlines())
    called = (re.sub(r"^(?:[A-Z_]+=\S+ )+", "", line) for line in lines)
    return [shlex.split(line) for line in called if re.match(rf"{program}\b", line)]


def shown(name: str, program: str) -> list[list[str]]:
    """The command lines of one program in all the shell blocks of a document."""
    return [line for block in blocks(name) if block.language == "sh" for line in typed(block.text, program)]
