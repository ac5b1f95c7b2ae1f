"""`python -m sdks.generator` writes what is made of the SDKs; `--check` only says what is stale, and fails."""

import sys
from pathlib import Path

from api.reference.routes import document
from sdks.generator.contents import Contents, contents_of
from sdks.generator.node import node
from sdks.generator.php import php
from sdks.generator.python import python

HERE = Path(__file__).parents[1]
LANGUAGES = (python, node, php)


def made() -> dict[str, str]:
    """All files that are made: path under sdks/ → text."""
    contents: Contents = contents_of(document())
    return {name: text for language in LANGUAGES for name, text in language(contents).items()}


def stale() -> list[str]:
    """The files that differ from what would be made."""
    return [name for name, text in made().items() if not _there(HERE / name, text)]


def _there(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def main(arguments: list[str]) -> int:
    """Write all files, or with `--check` name those that are stale."""
    if arguments == ["--check"]:
        print(*stale(), sep="\n")
        return 1 if stale() else 0
    for name, text in made().items():
        (HERE / name).parent.mkdir(parents=True, exist_ok=True)
        (HERE / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
