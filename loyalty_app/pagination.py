"""Pagination: walks through lists, by page number near the start and by cursor at any depth.

A cursor is the place after the last row shown, so it stays right while rows come and go. Its form may change: clients
only hand it back. What the rows are is not known here.
"""

import base64
import binascii
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, union_all

from loyalty_core.errors import InvalidCursor, PageTooDeep

DEEPEST = 10_000
FAR = 1_000
MOST_ROWS = 100

TEXT_ID = re.compile(r"[0-9a-z_]{1,64}")

Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)


Parts = Select[Any] | Sequence[Select[Any]]
"""What asks for all rows of a list, or for parts of it that share none: each can be read in its order."""


class PageRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows to return: a page, or what follows a cursor."""

    page: int = 1
    limit: int = 50
    cursor: str | None = None


class Pagination(msgspec.Struct, frozen=True):
    """Where a page lies; `page` is null when a cursor was followed, `next_cursor` is null at the end."""

    page: int | None
    limit: int
    total: int
    pages: int
    next_cursor: str | None


class Page(msgspec.Struct, Generic[Item_co], frozen=True):
    """Some rows of a list."""

    data: Sequence[Item_co]
    pagination: Pagination


class Walk(msgspec.Struct, frozen=True):
    """How to walk through a list: its name, the id column that orders it, and whether the newest come first.

    `kind` is what its ids are: whole numbers, or texts.
    """

    name: str
    column: ColumnElement[Any]
    newest_first: bool = False
    kind: type[int] | type[str] = int


def make_cursor(name: str, last_id: int | str) -> str:
    """The cursor after a row of the named list."""
    return base64.urlsafe_b64encode(msgspec.json.encode([name, last_id])).decode().rstrip("=")


def read_cursor(name: str, cursor: str, kind: type[int] | type[str] = int) -> int | str:
    """The id after which the named list continues, of the kind that its ids are. Raises InvalidCursor."""
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        of, last_id = msgspec.json.decode(text, type=tuple[str, int | str])
    except (UnicodeError, binascii.Error, msgspec.DecodeError) as error:
        raise InvalidCursor from error
    if of != name or not isinstance(last_id, kind) or not _is_an_id(last_id):
        raise InvalidCursor
    return last_id


def _is_an_id(last_id: int | str) -> bool:
    return bool(TEXT_ID.fullmatch(last_id)) if isinstance(last_id, str) else abs(last_id) < 2**63


def read_page(
    connection: Connection, rows: Parts, walk: Walk, *, wanted: PageRequest, total: int | None
) -> tuple[Sequence[Row[Any]], Pagination]:
    """The rows of a page and their place in the list. Raises PageTooDeep or InvalidCursor.

    `total` is None if nobody keeps it: then rows are counted, but no more than pages by number can reach.
    """
    parts = rows if isinstance(rows, Sequence) else (rows,)
    found = connection.execute(_page(parts, walk, wanted)).all()
    shown = found[: wanted.limit]
    more = make_cursor(walk.name, shown[-1].id) if len(found) > wanted.limit else None
    if total is None:
        total = len(shown) if _shows_all(wanted, more) else _count(connection, parts, walk)
    page = None if wanted.cursor is not None else wanted.page
    return shown, Pagination(page, wanted.limit, total, -(-total // wanted.limit), more)


def _page(parts: Sequence[Select[Any]], walk: Walk, wanted: PageRequest) -> Select[Any]:
    """The rows of the wanted page and one more, in their order. Raises PageTooDeep or InvalidCursor.

    Why: far from the start, a query asks at which id a page begins: an index may have the ids of all that is passed.
    """
    most, passed = wanted.limit + 1, (wanted.page - 1) * wanted.limit
    if wanted.cursor is not None:
        last_id = read_cursor(walk.name, wanted.cursor, walk.kind)
        return _first(parts, walk, most, walk.column < last_id if walk.newest_first else walk.column > last_id)
    if wanted.page * wanted.limit > DEEPEST:
        raise PageTooDeep(DEEPEST)
    if passed < FAR:
        return _first(parts, walk, passed + most).offset(passed).limit(most)
    begin = _first(_ids(parts, walk), walk, passed + 1).offset(passed).limit(1)
    first = begin.scalar_subquery().correlate(None)
    return _first(parts, walk, most, walk.column <= first if walk.newest_first else walk.column >= first)


def _first(parts: Sequence[Select[Any]], walk: Walk, most: int, *conditions: ColumnElement[bool]) -> Select[Any]:
    """The first rows of a list that meet conditions.

    Why each of several parts has its own end: PostgreSQL would take them for few, and read and sort all of them.
    """
    order = walk.column.desc() if walk.newest_first else walk.column
    some = [part.where(*conditions).order_by(order).limit(most) for part in parts]
    if len(some) == 1:
        return some[0]
    together = union_all(*(select(one.subquery()) for one in some)).subquery()
    column = together.c[str(walk.column.key)]
    return select(together).order_by(column.desc() if walk.newest_first else column).limit(most)


def _ids(parts: Sequence[Select[Any]], walk: Walk) -> list[Select[Any]]:
    return [part.with_only_columns(walk.column) for part in parts]


def page_of_ids(
    name: str, ids: Sequence[int], wanted: PageRequest, *, up_to: Callable[[int], int] | None = None
) -> tuple[Sequence[int], Pagination]:
    """The ids of a page, from all ids of a list in their order. Raises PageTooDeep or InvalidCursor.

    `up_to` says how many ids are no greater than one, if the list knows that sooner than it is found by halving.
    """
    if wanted.cursor is not None:
        last_id = int(read_cursor(name, wanted.cursor))
        begin = bisect_right(ids, last_id) if up_to is None else up_to(last_id)
    elif wanted.page * wanted.limit > DEEPEST:
        raise PageTooDeep(DEEPEST)
    else:
        begin = (wanted.page - 1) * wanted.limit
    shown = ids[begin : begin + wanted.limit]
    more = make_cursor(name, shown[-1]) if begin + wanted.limit < len(ids) else None
    page, total = None if wanted.cursor is not None else wanted.page, min(len(ids), DEEPEST)
    return shown, Pagination(page, wanted.limit, total, -(-total // wanted.limit), more)


def _shows_all(wanted: PageRequest, more: str | None) -> bool:
    return wanted.cursor is None and wanted.page == 1 and more is None


def _count(connection: Connection, parts: Sequence[Select[Any]], walk: Walk) -> int:
    """How many rows there are, `DEEPEST` at most. Why: a search that matches nearly everybody must not count all.

    Why in their order: PostgreSQL would take any that it meets, and look for them through the whole table, at whose end
    they may stand.
    """
    some = _first(_ids(parts, walk), walk, DEEPEST).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def page_of(found: tuple[Sequence[Row[Any]], Pagination], view: Callable[[Row[Any]], Item]) -> Page[Item]:
    """A page of views."""
    rows, pagination = found
    return Page([view(row) for row in rows], pagination)
