"""The request log: what is known of one request besides its content, and the headers that every answer carries.

When the answer goes out, the request is counted and logged in one line. The line names the route, never the path as it
was typed. Authorisation is in `api/auth.py`.
"""

import logging
import re
import time
from functools import cache
from random import getrandbits

from litestar.types import Message, Scope

from api.operations import PREFIXES
from loyalty_app.observability.log_context import log_context
from loyalty_app.observability.metrics import count_request
from loyalty_app.shops.api_key_check import KeyHolder

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
UNKNOWN_ROUTE = "unknown"
POLLED = ("/health/", "/metrics")
"""Routes that programs ask every few seconds; their lines are logged at the level DEBUG."""

CACHE_CONTROL = b"cache-control"
NO_STORE = (CACHE_CONTROL, b"no-store")
PRIVATE = (*PREFIXES, "/app/", "/c/")
"""What is said there, by the API and by the pages, is for the one who asked; an answer may say otherwise."""
NOSNIFF = (b"x-content-type-options", b"nosniff")

log = logging.getLogger(__name__)


class RequestLog:
    """One request: its id, when it came, its key once that is known, and headers for the answer."""

    __slots__ = ("began", "headers", "holder", "request_id")

    def __init__(self, request_id: str) -> None:
        self.request_id, self.began = request_id, time.perf_counter()
        self.holder: KeyHolder | None = None
        self.headers: list[tuple[bytes, bytes]] = [(b"x-request-id", request_id.encode()), NOSNIFF]


def request_log_of(scope: Scope) -> RequestLog:
    """The record of a request; the first call makes it, with the caller's X-Request-Id if that is usable."""
    state: dict[str, RequestLog] = scope["state"]
    if "request_log" not in state:
        state["request_log"] = record = RequestLog(_request_id(scope))
        log_context.set({"request_id": record.request_id})
    return state["request_log"]


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(callers_id := value.decode("latin-1")):
            return callers_id
    return f"{getrandbits(80):020x}"  # an id, not a secret


async def add_headers(message: Message, scope: Scope) -> None:
    """Litestar's hook before an answer is sent: put the headers of its request on it, and log it."""
    if message["type"] == "http.response.start":
        record, headers = request_log_of(scope), [*message["headers"]]
        if scope["path"].startswith(PRIVATE) and not any(name.lower() == CACHE_CONTROL for name, _ in headers):
            headers.append(NO_STORE)
        message["headers"] = [*headers, *record.headers]
        _count(record, scope, message["status"])


def _count(record: RequestLog, scope: Scope, status: int) -> None:
    method, route = str(scope.get("method", "")), _route(scope.get("path_template", ""))
    seconds = time.perf_counter() - record.began
    count_request(method, route, status=status, seconds=seconds)
    level = logging.DEBUG if route.startswith(POLLED) else logging.INFO
    if log.isEnabledFor(level):
        _log(record, f"{method} {route}", level=level, status=status, seconds=seconds)


def _log(record: RequestLog, method_and_route: str, *, level: int, status: int, seconds: float) -> None:
    holder = record.holder
    log.log(
        level,
        method_and_route,
        extra={
            "request_id": record.request_id,
            "status": status,
            "business": holder.business.id if holder else None,
            "key": holder.key.key_id if holder else None,
            "milliseconds": round(seconds * 1000, 1),
        },
    )


@cache
def _route(template: str) -> str:
    """A route as the reference writes it, under the first of its prefixes."""
    plain = re.sub(r":\w+}", "}", template)
    first, *others = PREFIXES
    for other in others:
        if plain.startswith(other):
            return first + plain.removeprefix(other)
    return plain or UNKNOWN_ROUTE
