"""Operations: what the reference says of each route, written beside the route, and the decorator that joins them.

Every operation names its scope; `auth.authorise` reads it from there.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import route
from litestar.handlers import HTTPRouteHandler
from litestar.types import Method

from loyalty_core.access import Scope

OFTEN = ("invalid_request", "missing_api_key", "invalid_api_key", "plan_required", "scope_required", "rate_limited")
WITH_BODY = ("malformed_json", "body_too_large", "unsupported_media_type")
ONCE_ONLY = ("idempotency_key_reused", "busy")
LISTING = ("page_too_deep", "invalid_cursor")


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation as the reference shows it; one that is `once_only` takes an Idempotency-Key.

    The answer is a struct, with an example, or `bytes`: a picture with an ETag, or 304 for who has it.
    """

    name: str
    summary: str
    tag: str
    scope: Scope
    answer: type
    example: object = None
    text: str = ""
    body: type[msgspec.Struct] | None = None
    body_example: dict[str, object] | None = None
    query: type[msgspec.Struct] | None = None
    status: int = 200
    listed: bool = False
    once_only: bool = False
    refusals: tuple[str, ...] = ()

    @property
    def picture(self) -> bool:
        """Whether the answer is a PNG and no JSON."""
        return self.answer is bytes

    @property
    def codes(self) -> tuple[str, ...]:
        """All error codes that the operation can answer with."""
        with_body = () if self.body is None else WITH_BODY
        listing, once_only = LISTING if self.listed else (), ONCE_ONLY if self.once_only else ()
        return (*OFTEN, *listing, *with_body, *once_only, *self.refusals, "internal_error")


def serves(method: Method, path: str, operation: Operation) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """Make a function the handler of a route under /v1."""
    return route(
        path,
        http_method=method,
        status_code=operation.status,
        opt={"operation": operation, "scope": operation.scope},
        name=operation.name,
        include_in_schema=False,
    )
