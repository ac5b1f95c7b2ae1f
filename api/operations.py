"""Operations: the description of each route of /v1, written once beside its handler, and the decorator that joins both.

Everything else is derived from here: `auth.authorise` reads the scope, `stamp_fast_path` the path, scope and status,
`api/reference` the whole documentation. Handlers live in `api/routes`.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import route
from litestar.handlers import HTTPRouteHandler
from litestar.types import Method

from loyalty_core.access import Scope

PREFIXES = ("/v1", "/api/v1")
"""Where the routes are served; the second is for clients of the original. The figures and logs name the first."""

OFTEN = (
    *(
        "invalid_request",
        "missing_api_key",
        "invalid_api_key",
        "plan_required",
        "scope_required",
        "shop_moved",
        "shop_closed",
        "rate_limited",
    ),
    "busy",
)
WITH_BODY = ("malformed_json", "body_too_large", "unsupported_media_type")
ONCE_ONLY = ("idempotency_key_reused",)
LISTING = ("page_too_deep", "invalid_cursor")


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation as the reference shows it.

    name, summary, tag, text   how the reference calls it, groups it and explains it; `text` may hold Markdown
    scope                      what a key must be allowed to do; None lets any key in
    answer, example, status    the struct of the answer, one of it, and its HTTP status; `bytes` is a picture
    tagged                     the answer has an ETag: a GET may answer 304, and a change takes If-Match
    body, body_example, query  the structs of what is sent; None where nothing is read
    listed                     the answer is a page of a list
    resumes                    the page also says where to go on at another time
    many                       the answer is a list without pages
    once_only                  it takes an Idempotency-Key
    refusals                   error codes of its own, beside those that every operation can answer with (`codes`)

    Example: `@serves("GET", "/program", Operation(name="program.get", summary="Get the program", tag="Program",
    scope=Scope.PROGRAM_READ, answer=ProgramView, example=examples.PROGRAM))`.
    """

    name: str
    summary: str
    tag: str
    answer: type
    scope: Scope | None = None
    example: object = None
    text: str = ""
    body: type[msgspec.Struct] | None = None
    body_example: dict[str, object] | None = None
    query: type[msgspec.Struct] | None = None
    status: int = 200
    listed: bool = False
    resumes: bool = False
    many: bool = False
    once_only: bool = False
    tagged: bool = False
    refusals: tuple[str, ...] = ()

    @property
    def picture(self) -> bool:
        """Whether the answer is a PNG and no JSON."""
        return self.answer is bytes

    @property
    def needs(self) -> str:
        """What the operation does, and which scope it needs, in Markdown."""
        scope = "Any key may ask that." if self.scope is None else f"Needs the scope `{self.scope}`."
        return f"{self.text}\n\n{scope}".strip()

    @property
    def codes(self) -> tuple[str, ...]:
        """All error codes that the operation can answer with."""
        with_body = () if self.body is None else WITH_BODY
        listing, once_only = LISTING if self.listed else (), ONCE_ONLY if self.once_only else ()
        often = OFTEN if self.scope is not None else tuple(code for code in OFTEN if code != "scope_required")
        return (*often, *listing, *with_body, *once_only, *self.refusals, "internal_error")


def serves(method: Method, path: str, operation: Operation) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """Make a function the handler of a route under /v1; `path` is Litestar's, as "/customers/{id:str}"."""
    return route(
        path,
        http_method=method,
        status_code=operation.status,
        opt={"operation": operation, "scope": operation.scope},
        name=operation.name,
        include_in_schema=False,
    )
