"""The mounted application: two applications on one port, the second below a path of the first; `/` leads to the second.

The second one may hold requests open for any time: they end when the server stops, and do not delay it.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

START = "http.response.start"
CLOSING = b'{"ok":false,"error_code":503,"description":"Service Unavailable"}'


class MountedApp:
    """An application with a second one below a path of it."""

    def __init__(self, app: Application, path: str, other: Application) -> None:
        self._app, self._path, self._other = app, path, other
        self._open: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        path = scope.get("path", "")
        if _is_home(scope):
            await _lead_to(self._path, send)
        elif path == self._path or path.startswith(f"{self._path}/"):
            await self._serve_other({**scope, "root_path": self._path}, receive, send)
        else:
            await self._app(scope, receive, send)

    def stop(self) -> None:
        """End the requests that the second application holds open, and take no more of them."""
        self._stopping = True
        for task in self._open:
            task.cancel()

    async def _serve_other(self, scope: Message, receive: Receive, send: Send) -> None:
        begun = False

        async def pass_on(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == START
            await send(message)

        task = asyncio.ensure_future(self._other(scope, receive, pass_on))
        self._open.add(task)
        if self._stopping:
            task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            await _end(send, begun=begun)
        finally:
            self._open.discard(task)


def _is_home(scope: Message) -> bool:
    """Whether somebody asks for the bare address. A request that the server refused is for the first application."""
    asked = scope["type"] == "http" and scope.get("path") == "/" and scope["method"] in {"GET", "HEAD"}
    return asked and "refused" not in scope.get("state", {})


async def _lead_to(path: str, send: Send) -> None:
    headers = [(b"location", path.encode()), (b"content-length", b"0")]
    await send({"type": START, "status": 307, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _end(send: Send, *, begun: bool) -> None:
    """Close a response that was cut off."""
    if not begun:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(CLOSING))]
        await send({"type": START, "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if begun else CLOSING, "more_body": False})
