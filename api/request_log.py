"""Visits: what is known of one request besides its content, and the headers that every answer to it carries.

A visit ends with its answer: then it is counted, and a line of the log says how it was. The line names the route, never
the path as it was typed.
"""

import logging
import re
import time
from functools import cache
from random import getrandbits

from litestar.types import Message, Scope

from loyalty_app.observability.log_context import log_context
from loyalty_app.observability.metrics import count_request
from loyalty_app.shops.api_keys import KeyHolder

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
UNKNOWN_ROUTE = "unknown"
OF_MACHINES = ("/health/", "/metrics")
"""Routes that are asked every few seconds; they are worth a line only to who looks for it."""

log = logging.getLogger(__name__)


class RequestLog:
    """One request: its id, when it came, who makes it once that is known, and headers for the answer."""

    __slots__ = ("began", "headers", "holder", "request_id")

    def __init__(self, request_id: str) -> None:
        self.request_id, self.began = request_id, time.perf_counter()
        self.holder: KeyHolder | None = None
        self.headers: list[tuple[bytes, bytes]] = [(b"x-request-id", request_id.encode())]


def request_log_of(scope: Scope) -> RequestLog:
    """The visit that a scope belongs to; the first call begins it, with the caller's X-Request-Id if it is usable."""
    state: dict[str, RequestLog] = scope["state"]
    if "visit" not in state:
        state["visit"] = visit = RequestLog(_request_id(scope))
        log_context.set({"request_id": visit.request_id})
    return state["visit"]


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(given := value.decode("latin-1")):
            return given
    return f"{getrandbits(80):020x}"  # a name, and no secret


async def add_headers(message: Message, scope: Scope) -> None:
    """Litestar's hook before an answer is sent: put the visit's headers on it, whatever the answer is."""
    if message["type"] == "http.response.start":
        visit = request_log_of(scope)
        message["headers"] = [*message["headers"], *visit.headers]
        _tell(visit, scope, message["status"])


def _tell(visit: RequestLog, scope: Scope, status: int) -> None:
    method, route = str(scope.get("method", "")), _route(scope.get("path_template", ""))
    seconds = time.perf_counter() - visit.began
    count_request(method, route, status=status, seconds=seconds)
    level = logging.DEBUG if route.startswith(OF_MACHINES) else logging.INFO
    if log.isEnabledFor(level):
        _log(visit, f"{method} {route}", level=level, status=status, seconds=seconds)


def _log(visit: RequestLog, asked: str, *, level: int, status: int, seconds: float) -> None:
    holder = visit.holder
    log.log(
        level,
        asked,
        extra={
            "request_id": visit.request_id,
            "status": status,
            "business": holder.business.id if holder else None,
            "key": holder.key.key_id if holder else None,
            "milliseconds": round(seconds * 1000, 1),
        },
    )


@cache
def _route(template: str) -> str:
    """A route as the reference writes it, the same for both of its prefixes."""
    plain = re.sub(r":\w+}", "}", template)
    return plain.removeprefix("/api") if plain.startswith("/api/v1") else plain or UNKNOWN_ROUTE
