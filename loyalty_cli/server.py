"""The server: uvicorn, made to stop as it should and to say in one line why it cannot start.

Ctrl-C and SIGTERM let it finish what it has accepted and end with exit code 0. Which settings it runs with is decided
in `serve` and `demo`, and handed in.
"""

import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess

from api.app import create_app
from loyalty_app.observability.exposition import forget_process, shared_directory
from loyalty_app.settings import Settings
from loyalty_cli.bots_on_demand import open_bots_on_demand
from loyalty_cli.failures import CommandFailed, explained
from loyalty_cli.logs import load_formatters, logging_config
from loyalty_cli.mounted_app import Application, Message, MountedApp, Receive, Send
from loyalty_cli.process import tune_garbage_collection

SANDBOX = "/sandbox"
# Orchestrators kill after ten seconds, so requests are given up a little before.
GRACE_SECONDS = 8
HANGUP: signal.Signals | None = getattr(signal, "SIGHUP", None)  # Windows has none

if TYPE_CHECKING:
    from litestar import Litestar

log = logging.getLogger("uvicorn.error")


class StartupGuard:
    """The application. Why it could not start is kept, for one clear line instead of a traceback in the log."""

    def __init__(self, app: Application, *, stop: Callable[[], Awaitable[None]] | None = None) -> None:
        self._app, self._stop = app, stop
        self.failure: Exception | None = None

    def __call__(self, scope: Message, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request, or the lifespan."""
        if scope["type"] == "lifespan":
            return self._live(scope, receive, send)
        return self._app(scope, receive, send)

    async def stop(self) -> None:
        """End what must be gone before the server stops."""
        if self._stop is not None:
            await self._stop()

    async def _live(self, scope: Message, receive: Receive, send: Send) -> None:
        started = False

        async def pass_on(message: Message) -> None:
            nonlocal started
            if message["type"] == "lifespan.startup.complete":
                started = True
                load_formatters()
                tune_garbage_collection()
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
    """The first failure itself, out of the groups that task groups wrap around it."""
    return _innermost(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error


def application(settings: Settings) -> StartupGuard:
    """The application with a webhook worker and the bots: what `serve` starts."""
    return StartupGuard(as_application(create_app(settings, bots=open_bots_on_demand)))


def api_only(settings: Settings) -> StartupGuard:
    """The same without a webhook worker."""
    return StartupGuard(as_application(create_app(settings, delivering=False)))


def as_application(app: "Litestar") -> Application:
    """Litestar types ASGI more narrowly than uvicorn does; it is the same protocol."""
    return cast("Application", app)


def with_sandbox(settings: Settings, sandbox: Application) -> StartupGuard:
    """The application with a sandbox for its bots beside it, in which they finish before it goes."""
    app = create_app(settings, bots=open_bots_on_demand)
    both = MountedApp(as_application(app), SANDBOX, sandbox)

    async def stop() -> None:
        try:
            await app.state.runtime.close_bots()
        finally:
            both.stop()

    return StartupGuard(both, stop=stop)


MakeGuard = Callable[[Settings], StartupGuard]
"""Makes an application of the settings."""


def worker_application(settings: Settings) -> StartupGuard:
    """The application in one of several processes. Without it none can start, which uvicorn knows by the exit code."""
    try:
        return api_only(settings)
    except Exception as error:
        log.error(explained(error).format_message())  # noqa: TRY400  # one line is enough
        raise SystemExit(STARTUP_FAILURE) from error


class SingleProcessServer(uvicorn.Server):
    """A server in this very process. `ready` is called once requests are answered."""

    def __init__(self, guarded: StartupGuard, settings: Settings, *, ready: Callable[[], None]) -> None:
        super().__init__(uvicorn.Config(guarded, **_options(settings)))
        self._guarded, self._ready = guarded, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application and listen. Raises what kept the application from starting."""
        log.setLevel(logging.CRITICAL)  # the caller that catches what is raised here says it, once
        with suppress(SystemExit):
            await super().startup(sockets)
        log.setLevel(logging.NOTSET)
        if self._guarded.failure is not None:
            raise self._guarded.failure
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what was begun, and stop."""
        try:
            await self._guarded.stop()
        finally:
            await super().shutdown(sockets)


def serve_alone(listener: socket.socket, settings: Settings, *, ready: Callable[[], None], make: MakeGuard) -> None:
    """Serve on a socket until somebody stops it."""
    stop_cleanly()
    SingleProcessServer(make(settings), settings, ready=ready).run([listener])


class WorkerPool(Multiprocess):
    """Several processes on one socket, whose figures are added up; one that dies is replaced."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket]) -> None:
        ignored = HANGUP is not None and signal.getsignal(HANGUP) is signal.SIG_IGN
        super().__init__(config, sockets)  # which takes all signals, and restarts its processes on SIGHUP
        if HANGUP is not None and ignored:
            signal.signal(HANGUP, signal.SIG_IGN)

    def keep_subprocess_alive(self) -> None:
        """Replace processes that are dead, and forget what they were like at the moment."""
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            forget_process(pid or 0)


def serve_with_workers(listener: socket.socket, settings: Settings) -> None:
    """Serve on a socket with as many processes as the settings say, until somebody stops it.

    Each process is given the settings, for it is a new Python that has read none.
    """
    make = partial(worker_application, settings)
    config = uvicorn.Config(make, factory=True, workers=settings.workers, **_options(settings))
    pool = WorkerPool(config, [listener])
    with shared_directory():
        pool.run()
    if any(process.exitcode == STARTUP_FAILURE for process in pool.processes):
        message = "The server could not start; the lines above say why."
        raise CommandFailed(message)


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "interface": "asgi3",
        "lifespan": "on",
        "http": "httptools",
        "ws": "none",
        "access_log": False,
        "server_header": False,
        "log_config": logging_config(settings),
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }


def stop_cleanly() -> None:
    """End with exit code 0 when asked to end: uvicorn raises the signal again once all is finished.

    A closed terminal asks for it too, unless the parent has SIGHUP ignored, as nohup does.
    """
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _leave)
    if HANGUP is not None and signal.getsignal(HANGUP) is signal.SIG_DFL:
        signal.signal(HANGUP, lambda *_: signal.raise_signal(signal.SIGTERM))


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
