"""The applications that a server runs: the API with its workers and bots, the API alone, or both with a sandbox.

Each is an ASGI application that keeps why it could not start. How it is served is decided in `server`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, cast

from api.app import create_app
from loyalty_app.clock import Clock, utc_now
from loyalty_app.settings import Settings
from loyalty_cli.bots_on_demand import open_bots_on_demand
from loyalty_cli.failures import explained
from loyalty_cli.logs import load_formatters
from loyalty_cli.mounted_app import Application, Message, MountedApp, Receive, Send
from loyalty_cli.process import tune_garbage_collection

if TYPE_CHECKING:
    from litestar import Litestar

SANDBOX = "/sandbox"
LOAD_LATER_SECONDS = 0.3
"""The library that writes logs is loaded so long after the start, or for the first line, if that comes earlier."""


class StartupGuard:
    """An application that keeps why it could not start, for one clear line instead of a traceback in the log."""

    def __init__(self, app: Application, *, stop: Callable[[], Awaitable[None]] | None = None) -> None:
        self._app, self._stop = app, stop
        self.failure: Exception | None = None

    def __call__(self, scope: Message, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request, or the lifespan."""
        if scope["type"] == "lifespan":
            return self._live(scope, receive, send)
        return self._app(scope, receive, send)

    async def stop(self) -> None:
        """Stop what must end before the server does."""
        if self._stop is not None:
            await self._stop()

    async def _live(self, scope: Message, receive: Receive, send: Send) -> None:
        started: asyncio.TimerHandle | None = None

        async def pass_on(message: Message) -> None:
            nonlocal started
            if message["type"] == "lifespan.startup.complete":
                loop = asyncio.get_running_loop()
                started = loop.call_later(LOAD_LATER_SECONDS, loop.run_in_executor, None, load_formatters)
                tune_garbage_collection()
            if message["type"] == "lifespan.shutdown.complete" and started is not None:
                started.cancel()
            if message["type"] != "lifespan.startup.failed":
                await send(message)

        try:
            await self._app(scope, receive, pass_on)
        except Exception as error:
            if started:
                raise
            self.failure = _innermost(error)
            await send({"type": "lifespan.startup.failed", "message": explained(self.failure).format_message()})


def _innermost(error: Exception) -> Exception:
    """The first failure itself, without the groups that task groups wrap around it."""
    return _innermost(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error


def application(settings: Settings) -> StartupGuard:
    """The application with a webhook worker and the bots: what `serve` starts."""
    return StartupGuard(as_application(create_app(settings, bots=open_bots_on_demand)))


def api_only(settings: Settings) -> StartupGuard:
    """The application without a webhook worker and bots."""
    return StartupGuard(as_application(create_app(settings, delivering=False)))


def as_application(app: "Litestar") -> Application:
    """Change the type only. Litestar types ASGI more narrowly than uvicorn does; it is the same protocol."""
    return cast("Application", app)


Around = Callable[[Application, "Litestar"], Application]
"""Puts something around what is served; it is given the API too."""


def with_sandbox(
    settings: Settings, sandbox: Application, *, clock: Clock = utc_now, around: Around | None = None
) -> StartupGuard:
    """The application and, beside it, a sandbox for its bots; the bots finish before the sandbox stops.

    `around` adds what the demo has besides.
    """
    app = create_app(settings, clock=clock, bots=open_bots_on_demand)
    both = MountedApp(as_application(app), SANDBOX, sandbox)

    async def stop() -> None:
        try:
            await app.state.runtime.close_bots()
        finally:
            both.stop()

    return StartupGuard(both if around is None else around(both, app), stop=stop)


MakeGuard = Callable[[Settings], StartupGuard]
"""Makes an application from the settings."""
