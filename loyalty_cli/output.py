"""Output: what a command prints on stdout, as words for people or as one JSON object for programs."""

from collections.abc import Iterable, Sequence

import click
import msgspec


def tell(answer: object, words: str, *, as_json: bool) -> None:
    """Print the outcome of a command; `answer` and `words` have the same content."""
    click.echo(msgspec.json.encode(answer) if as_json else words)


def counted(number: int, thing: str) -> str:
    """A number and its noun. The plural ends in s, or in es after an s."""
    plural = f"{thing}es" if thing.endswith("s") else f"{thing}s"
    return f"{number:,} {thing if number == 1 else plural}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows below each other. Put free text last: letters of some scripts are wider than others."""
    lines = [tuple(head), *(tuple("–" if cell is None else str(cell) for cell in row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
