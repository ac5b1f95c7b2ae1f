"""The server: uvicorn, with a clean stop, and one line that says why it cannot start.

Ctrl-C and SIGTERM let it finish what it has accepted and end with exit code 0. The applications are in `applications`;
`serve` and `demo` pass the settings.
"""

import logging
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess

from loyalty_app.observability.exposition import forget_process, shared_directory
from loyalty_app.settings import Settings
from loyalty_cli.applications import MakeGuard, StartupGuard, api_only
from loyalty_cli.failures import CommandFailed, explained
from loyalty_cli.logs import logging_config
from loyalty_cli.open_connections import KEEP_ALIVE_SECONDS, OpenConnections, raise_file_limit
from loyalty_cli.process import start_without_searches

# Orchestrators kill after ten seconds, so requests are cut off a little before.
GRACE_SECONDS = 8
HANGUP: signal.Signals | None = getattr(signal, "SIGHUP", None)  # Windows has none

log = logging.getLogger("uvicorn.error")


def worker_application(settings: Settings) -> StartupGuard:
    """The application in one of several processes. If it fails, none can start; the exit code tells uvicorn so."""
    start_without_searches()
    try:
        return api_only(settings)
    except Exception as error:
        log.error(explained(error).format_message())  # noqa: TRY400  # one line is enough
        raise SystemExit(STARTUP_FAILURE) from error


class SingleProcessServer(uvicorn.Server):
    """A server in this very process. It calls `ready` once requests are answered."""

    def __init__(self, guarded: StartupGuard, settings: Settings, *, ready: Callable[[], None]) -> None:
        super().__init__(uvicorn.Config(guarded, **_options(settings)))
        self._guarded, self._ready = guarded, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application and listen. Raises the error that kept the application from starting."""
        log.setLevel(logging.CRITICAL)  # the caller that catches the error reports it, once
        with suppress(SystemExit):
            await super().startup(sockets)
        log.setLevel(logging.NOTSET)
        if self._guarded.failure is not None:
            raise self._guarded.failure
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish the open requests, and stop."""
        try:
            await self._guarded.stop()
        finally:
            await super().shutdown(sockets)


def serve_alone(listener: socket.socket, settings: Settings, *, ready: Callable[[], None], make: MakeGuard) -> None:
    """Serve on a socket until the server is stopped."""
    stop_cleanly()
    raise_file_limit()
    SingleProcessServer(make(settings), settings, ready=ready).run([listener])


class WorkerPool(Multiprocess):
    """Several processes on one socket, whose figures are added up; one that dies is replaced."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket]) -> None:
        ignored = HANGUP is not None and signal.getsignal(HANGUP) is signal.SIG_IGN
        super().__init__(config, sockets)  # it takes all signals, and restarts its processes on SIGHUP
        if HANGUP is not None and ignored:
            signal.signal(HANGUP, signal.SIG_IGN)

    def keep_subprocess_alive(self) -> None:
        """Replace dead processes, and forget their gauges."""
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            forget_process(pid or 0)


def serve_with_workers(listener: socket.socket, settings: Settings) -> None:
    """Serve on a socket with as many processes as the settings say, until it is stopped.

    Each process is given the settings. Why: it is a new Python that has read none.
    """
    raise_file_limit()
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
        "http": OpenConnections(),
        "ws": "none",
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "access_log": False,
        "server_header": False,
        "log_config": logging_config(settings),
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }


def stop_cleanly() -> None:
    """End with exit code 0 when asked to end: uvicorn raises the signal again once all is finished.

    A closed terminal asks for it too, unless the parent ignores SIGHUP, as nohup does.
    """
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _leave)
    if HANGUP is not None and signal.getsignal(HANGUP) is signal.SIG_DFL:
        signal.signal(HANGUP, lambda *_: signal.raise_signal(signal.SIGTERM))


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
