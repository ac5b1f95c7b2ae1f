"""Questions: which rows of which tables are wanted, told to both dialects in the same words."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Table

Wanted = tuple[int | str | None, ...]


class Lookup(NamedTuple):
    """All rows of a table whose columns hold one of the wanted values."""

    table: Table
    columns: tuple[str, ...]
    wanted: Collection[Wanted]


class Gathered(NamedTuple):
    """What was gathered: the rows that were locked first, and those of each question."""

    locked: Sequence[Any]
    answers: Sequence[Sequence[Any]]
