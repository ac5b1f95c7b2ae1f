"""How bots in a test ask a sandbox of the same process: without a connection, which took a third of their tests' time.

It answers and fails as the connection does: in time or not at all, and a call that is given up is carried out all the
same. Laws of the connection itself have a real one.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from litestar.types import ASGIApp
from telegram._utils.defaultvalue import DefaultValue
from telegram.error import NetworkError, TimedOut
from telegram.request import RequestData

from bots.supervisor import SharedRequest
from testkit.direct_call import Asked, DirectCall, ask

FORM = "application/x-www-form-urlencoded"

SERVED: dict[str, ASGIApp] = {}
"""The sandboxes of this process, by host and port."""


@contextmanager
def served_directly(url: str, app: ASGIApp) -> Iterator[None]:
    """Let requests to a URL reach an application without a connection."""
    place = urlsplit(url).netloc
    SERVED[place] = app
    yield
    del SERVED[place]


class DirectRequest(SharedRequest):
    """The bots' requests, straight to a sandbox that this process serves; others go over their connection."""

    def __init__(self, *settings: Any, **named: Any) -> None:  # noqa: ANN401 - those of the library
        super().__init__(*settings, **named)
        self._asking: set[asyncio.Task[DirectCall]] = set()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = SharedRequest.DEFAULT_NONE,  # noqa: ANN401 - the library's own
        *others: Any,  # noqa: ANN401 - time limits
        **named: Any,  # noqa: ANN401 - time limits
    ) -> tuple[int, bytes]:
        """The status and body of the answer. Raises TimedOut and NetworkError, as the library's own does."""
        app = SERVED.get(urlsplit(url).netloc)
        if app is None:
            return await super().do_request(url, method, request_data, read_timeout, *others, **named)
        seconds = self.read_timeout if isinstance(read_timeout, DefaultValue) else read_timeout
        made = await self._answer(app, asked_of(url, method, request_data), seconds)
        if not made.complete:
            message = "httpx.RemoteProtocolError: the connection was closed before the end of the answer"
            raise NetworkError(message)
        return made.status, made.answer

    async def _answer(self, app: ASGIApp, asked: Asked, seconds: float | None) -> DirectCall:
        task = asyncio.create_task(ask(app, asked))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        try:
            return await asyncio.wait_for(asyncio.shield(task), seconds)
        except TimeoutError:
            raise TimedOut from None

    async def close(self) -> None:
        """Give up what nobody waits for any more."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        await super().close()


def asked_of(url: str, method: str, data: RequestData | None) -> Asked:
    """A request as it goes over the wire: a form, or several parts where there are files."""
    if data is None:
        return Asked(method, url)
    if not data.contains_files:
        return Asked(method, url, urlencode(data.json_parameters).encode(), FORM)
    request = httpx.Request(method, url, data=data.json_parameters, files=data.multipart_data)
    return Asked(method, url, request.read(), request.headers["content-type"])
