"""Lists: pages, and iterators over all their rows by cursor, so that rows that come meanwhile are not shown twice.

for customer in client.customers.list():          # all of them
...
page = client.customers.list(limit=20).page()      # the first 20
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Generic, TypeVar

from loyaltyloop._model import Model, shaped

M = TypeVar("M", bound=Model)
Fetch = Callable[["str | None"], Any]
"""Asks for the page at a cursor, or for the first one; gives the body of the answer."""


class Page(Generic[M]):
    """Some rows, and where the next ones begin. `total` counts all rows, where the server says it."""

    def __init__(self, model: type[M], body: Any) -> None:
        told = body.get("pagination") or {}
        self.items: list[M] = shaped(model, body["data"])
        self.next_cursor: str | None = told.get("next_cursor")
        self.total: int | None = told.get("total")
        self.resume_cursor: str | None = body.get("resume_cursor")
        """Where to go on at another time, for lists that grow at their end."""

    def __iter__(self) -> Iterator[M]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


class Listing(Generic[M]):
    """All rows of a list, fetched page by page while somebody iterates."""

    def __init__(self, model: type[M], fetch: Callable[["str | None"], Any]) -> None:
        self._model, self._fetch = model, fetch

    def page(self, cursor: str | None = None) -> Page[M]:
        """One page: the first, or that at a cursor. Raises ApiError."""
        return Page(self._model, self._fetch(cursor))

    def pages(self) -> Iterator[Page[M]]:
        """All pages. Raises ApiError."""
        page = self.page()
        yield page
        while page.next_cursor:
            page = self.page(page.next_cursor)
            yield page

    def __iter__(self) -> Iterator[M]:
        for page in self.pages():
            yield from page


class AsyncListing(Generic[M]):
    """The same for `async for`."""

    def __init__(self, model: type[M], fetch: Callable[["str | None"], Awaitable[Any]]) -> None:
        self._model, self._fetch = model, fetch

    async def page(self, cursor: str | None = None) -> Page[M]:
        """One page: the first, or that at a cursor. Raises ApiError."""
        return Page(self._model, await self._fetch(cursor))

    async def pages(self) -> AsyncIterator[Page[M]]:
        """All pages. Raises ApiError."""
        page = await self.page()
        yield page
        while page.next_cursor:
            page = await self.page(page.next_cursor)
            yield page

    async def __aiter__(self) -> AsyncIterator[M]:
        async for page in self.pages():
            for one in page:
                yield one
