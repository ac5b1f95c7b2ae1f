"""The sandbox as an application: its routes, and how it can be mounted. Errors are answered here too."""

from typing import Any

from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import HTTPScope, LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send, WebSocketScope

from telegram_sandbox import control, gateway, page_files
from telegram_sandbox.control.asking import answer_impossible
from telegram_sandbox.phones import Impossible
from telegram_sandbox.refusals import Refused
from telegram_sandbox.world import World

LARGEST_BODY = 60 * 1024 * 1024


class Sandbox(Litestar):
    """Litestar with two changes: it ignores the prefix where it is mounted, and /bot<token>/ is /bot/<token>/."""

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        """Serve one request, or the lifespan."""
        if scope["type"] != "lifespan":
            read_path(scope)
        await super().__call__(scope, receive, send)


def read_path(scope: HTTPScope | WebSocketScope) -> None:
    """Set the path to the part below the mount, with the token as a segment of its own."""
    root, path = scope.get("root_path", "").rstrip("/"), scope["path"]
    if root and (path == root or path.startswith(f"{root}/")):
        path = path.removeprefix(root) or "/"
    for prefix in ("/bot", "/file/bot"):
        if path.startswith(prefix) and not path.startswith(f"{prefix}/"):
            path = f"{prefix}/{path.removeprefix(prefix)}"
    scope["path"] = path


def create_sandbox(world: World | None = None) -> Litestar:
    """Make a sandbox as an ASGI application, empty unless a world is given.

    It needs no lifespan, so that it can be mounted anywhere.
    """
    return Sandbox(
        route_handlers=[*gateway.HANDLERS, *control.HANDLERS, *page_files.HANDLERS],
        state=State({"world": world or World()}, deep_copy=False),
        exception_handlers={Refused: answer_refused, Impossible: answer_impossible, HTTPException: answer_http},
        request_max_body_size=LARGEST_BODY,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def answer_refused(request: Request[Any, Any, Any], refused: Refused) -> Response[Any]:
    """Answer a request that could not even be read."""
    del request
    return Response(refused.answer(), status_code=refused.code)


def answer_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer Litestar's errors: in Telegram's form for bots, in plain words elsewhere."""
    if request.scope["path"].startswith(("/bot", "/file")):
        return Response(Refused(error.status_code, error.detail).answer(), status_code=error.status_code)
    return Response({"detail": error.detail}, status_code=error.status_code)
