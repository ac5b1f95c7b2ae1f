"""Calls of an ASGI application of this process, without a connection: a fourth of what a call over HTTP takes.

For calls that tests make to a stand-in again and again. What is tested itself is asked over a real connection.
"""

import asyncio
import json
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import msgspec
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPScope, Message

JSON = "application/json"


class Asked(msgspec.Struct, frozen=True):
    """A request: the whole URL, a body, and what kind of body that is."""

    method: str
    url: str
    body: bytes = b""
    kind: str = JSON


class DirectCall:
    """One call, and what was answered. `complete` says whether the body is as long as was promised, if it was."""

    def __init__(self, body: bytes) -> None:
        self.status = 0
        self.answer = b""
        self._promised: int | None = None
        self._unread: list[bytes] = [body]

    @property
    def complete(self) -> bool:
        return self._promised in {None, len(self.answer)}

    async def receive(self) -> HTTPReceiveMessage:
        """Give the body; afterwards nothing comes, because nobody hangs up."""
        if not self._unread:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": self._unread.pop(), "more_body": False}

    async def send(self, message: Message) -> None:
        """Take the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            promised = dict(message["headers"]).get(b"content-length")
            self._promised = None if promised is None else int(promised)
        elif message["type"] == "http.response.body":
            self.answer += message["body"]


async def ask(app: ASGIApp, asked: Asked) -> DirectCall:
    """What an application answers."""
    made = DirectCall(asked.body)
    await app(_scope(asked), made.receive, made.send)
    return made


async def call(app: ASGIApp, method: str, url: str, query: dict[str, Any], body: object = None) -> Any:  # noqa: ANN401
    """The JSON that an application answers at a URL; an answer that is no 2xx is an AssertionError."""
    sent = b"" if body is None else json.dumps(body).encode()
    made = await ask(app, Asked(method, f"{url}?{urlencode(query)}", sent))
    assert 200 <= made.status < 300, f"{made.status}: {made.answer.decode()}"
    return json.loads(made.answer)


def _scope(asked: Asked) -> HTTPScope:
    parts = urlsplit(asked.url)
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": parts.scheme,
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(b"host", parts.netloc.encode()), (b"content-type", asked.kind.encode())],
        "client": ("127.0.0.1", 1),
        "server": (parts.hostname, parts.port),
        "extensions": {},
        "state": {},
    }
    http_scope: HTTPScope = scope
    return http_scope
