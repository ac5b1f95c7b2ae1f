"""Questions: which rows of which tables are wanted, told to both dialects in the same words."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Table

Wanted = tuple[int | str | None, ...]


class Question(NamedTuple):
    """All rows of a table whose columns hold one of the wanted values."""

    table: Table
    columns: tuple[str, ...]
    wanted: Collection[Wanted]
