"""The application: its routes, what runs before them, and how errors are answered.

No handler lives here: those are in `api/routes`, `api/reference` and `api/pages`.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property
from typing import TypeAlias, cast
from urllib.parse import unquote

from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import HTTPScope, LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send

from api import reference
from api.agent.on_demand import PATH, ConnectorOnDemand, installed, serve_agent
from api.auth import authorise
from api.compression import compressing
from api.lean_litestar import LeanLitestar, LitestarOnDemand, OwnRouter
from api.operations import PREFIXES
from api.problems import answer_failure, answer_http, answer_refusal
from api.rate_limits import RateLimits
from api.refusals import LARGEST_BODY
from api.request_log import add_headers, request_log_of
from api.routes import (
    batches,
    card_links,
    customers,
    flags,
    imports,
    merges,
    monitoring,
    program,
    programs,
    shop,
    stamps,
    telegram_updates,
    transactions,
    webhooks,
)
from api.stamp_fast_path import StampRequest, card_to_stamp, send_refusal, serve_stamp
from api.unrouted import answer_options, answer_refused, as_get, tell_limits
from loyalty_app.clock import Clock, utc_now
from loyalty_app.runtime import OpenBots, open_runtime
from loyalty_app.settings import Settings
from loyalty_core.errors import LoyaltyError

V1 = [
    *customers.HANDLERS,
    *merges.HANDLERS,
    *imports.HANDLERS,
    *customers.CARD_PICTURES,
    *card_links.HANDLERS,
    *stamps.HANDLERS,
    *batches.HANDLERS,
    *transactions.HANDLERS,
    *program.HANDLERS,
    *programs.HANDLERS,
    *webhooks.HANDLERS,
    *shop.HANDLERS,
    *flags.HANDLERS,
]

PAGES = ("/app/", "/c/", "/join/")
"""What the addresses of the pages begin with."""

Lifespan: TypeAlias = Callable[[Litestar], AbstractAsyncContextManager[None]]


class Api(LeanLitestar):
    """Litestar with some changes: stamps take a shorter way (`stamp_fast_path`), and an encoded slash stays encoded.

    So a card's whole link can stand where its code is expected: /v1/customers/qr/https%3A%2F%2Ft.me%2F….
    What is not for one of its routes is in `unrouted`. The pages are another application with the same state.
    """

    @cached_property
    def pages(self) -> LitestarOnDemand:
        """The pages. A shop without them does not pay for templates, words and pictures."""
        return LitestarOnDemand(lambda: _open_pages(self.state))

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        """Serve one request, or the lifespan."""
        if scope["type"] == "lifespan":
            await super().__call__(scope, receive, send)
        else:
            await self._serve(cast("HTTPScope", scope), cast("Receive", receive), cast("Send", send))

    async def _serve(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        keep_encoded_slashes(scope)
        state = scope.setdefault("state", {})
        request_log_of(scope)
        card = card_to_stamp(scope)
        connector: ConnectorOnDemand | None = self.state.get("connector")
        if connector is not None and scope["path"].rstrip("/") == PATH and "refused" not in state:
            await serve_agent(StampRequest(scope, receive, app=self, card={}), connector, send)
        elif "refused" in state:
            await answer_refused(StampRequest(scope, receive, app=self, card={}), state["refused"], send)
        elif card is not None:
            await serve_stamp(StampRequest(scope, receive, app=self, card=card), send)
        elif scope["method"] == "OPTIONS":
            await self._tell_methods(scope, receive, send)
        elif scope["method"] in {"GET", "HEAD"}:
            scope, send = as_get(scope, send) if scope["method"] == "HEAD" else (scope, send)
            await self._route(scope, receive, compressing(scope, send))
        else:
            await self._route(scope, receive, send)

    async def _route(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        if not is_of_pages(scope["path"]):
            await super().__call__(scope, receive, send)
        elif (pages := await self._pages_for(scope, receive, send)) is not None:
            await pages(scope, receive, send)

    async def _tell_methods(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        owner = await self._pages_for(scope, receive, send) if is_of_pages(scope["path"]) else self
        if owner is not None:
            await answer_options(owner, StampRequest(scope, receive, app=self, card={}), send)

    async def _pages_for(self, scope: HTTPScope, receive: Receive, send: Send) -> Litestar | None:
        """The pages; None if they cannot be loaded, which is answered here. The next request lets them load again."""
        try:
            return await self.pages.made()
        except Exception as error:  # noqa: BLE001  # whatever it is, it gets an answer
            request = StampRequest(scope, receive, app=self, card={})
            await send_refusal(request, answer_failure(request, error), send)
            return None


def is_of_pages(path: str) -> bool:
    """Whether an address is one of the pages; a / too many at its beginning does not matter, as everywhere."""
    return (path if path[:2] != "//" else f"/{path.lstrip('/')}").startswith(PAGES)


def _open_pages(state: State) -> Litestar:
    from api.pages import open_pages  # noqa: PLC0415  # see above

    return open_pages(state)


def keep_encoded_slashes(scope: HTTPScope) -> None:
    """Split the path before it is decoded, not after."""
    raw = scope["raw_path"] or b""
    if b"%2f" in raw.lower():
        segments = raw.decode("latin-1").split("/")
        scope["path"] = "/".join(unquote(segment).replace("/", "%2F") for segment in segments)


def create_app(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    delivering: bool = True,
    bots: OpenBots | None = None,
) -> Litestar:
    """Make the whole API as an ASGI application.

    It opens the database when it starts and closes it when it stops; `app.state.runtime` holds what is open in between.

    settings    where the database is, and everything else that an operator sets
    clock       tells the time, with its zone; tests give their own
    delivering  whether this process delivers webhooks too; False for `loyalty api`
    bots        opens the Telegram bots of this process; None runs none

    Nothing is opened here, so nothing is raised here. Errors come when the application starts: those of `open_runtime`.
    Example: `uvicorn.run(create_app(read_settings()))`.
    """
    return build_app(lifespan_of(settings, clock=clock, delivering=delivering, bots=bots))


def lifespan_of(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    delivering: bool = True,
    bots: OpenBots | None = None,
) -> Lifespan:
    """The lifespan of an application: it opens the runtime and the request counts, and closes them."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with open_runtime(settings, clock=clock, delivering=delivering, bots=bots) as runtime:
            app.state.runtime = runtime
            app.state.limits = limits = RateLimits(settings.redis_url, clock)
            connector = ConnectorOnDemand(app)
            app.state.connector = connector if installed() else None
            try:
                yield
            finally:
                await connector.close()
                await limits.close()

    return lifespan


def build_app(lifespan: Lifespan) -> Litestar:
    """Build the application: its routes, and what runs before and after them. It can be started again after a stop."""
    return Api(
        route_handlers=[
            *(OwnRouter(prefix, route_handlers=V1, guards=[authorise]) for prefix in PREFIXES),
            *monitoring.HANDLERS,
            *telegram_updates.HANDLERS,
            *reference.HANDLERS,
        ],
        lifespan=[lifespan],
        before_send=[tell_limits, add_headers],
        exception_handlers={
            LoyaltyError: answer_refusal,
            HTTPException: answer_http,
            Exception: answer_failure,
        },
        request_max_body_size=LARGEST_BODY,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
