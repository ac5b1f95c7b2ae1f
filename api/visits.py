"""Visits: what is known of one request besides its content, and the headers that every answer to it carries."""

import re
import secrets

from litestar.types import Message, Scope

from loyalty_app.keys import KeyHolder

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Visit:
    """One request: its id, who makes it once that is known, and headers for the answer."""

    __slots__ = ("headers", "holder", "request_id")

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.holder: KeyHolder | None = None
        self.headers: list[tuple[bytes, bytes]] = [(b"x-request-id", request_id.encode())]


def visit_of(scope: Scope) -> Visit:
    """The visit that a scope belongs to; the first call begins it, with the caller's X-Request-Id if it is usable."""
    state: dict[str, Visit] = scope["state"]
    if "visit" not in state:
        state["visit"] = Visit(_request_id(scope))
    return state["visit"]


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(given := value.decode("latin-1")):
            return given
    return secrets.token_hex(10)


async def add_headers(message: Message, scope: Scope) -> None:
    """Litestar's hook before an answer is sent: put the visit's headers on it, whatever the answer is."""
    if message["type"] == "http.response.start":
        message["headers"] = [*message["headers"], *visit_of(scope).headers]
