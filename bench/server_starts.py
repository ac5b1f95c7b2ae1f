"""Starts of servers: the time from the start of a process to its first answer, and its memory then."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import msgspec

from bench.memory import Weight, cpu_seconds, weigh
from bench.server_process import PATIENCE_SECONDS, PORT, ROOT
from bench.shops import SECRET_KEY
from loyalty_app.settings import Settings
from testkit.servers import free_port

SERVE = (sys.executable, "-m", "loyalty_cli", "serve", "--port", PORT)
API = (sys.executable, "-m", "loyalty_cli", "api", "--port", PORT)
BARE = (sys.executable, "-m", "bench.bare_server", PORT)
LOOK_EVERY_SECONDS = 0.005
REST_SECONDS = 1.5
"""The first work of a server, such as looking for deliveries, is over by then."""


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """A server that has answered: its process, its port, and the time and CPU time until then."""

    pid: int
    port: int
    seconds: float
    cpu: float

    def rested(self) -> Weight:
        """Its memory when it has no requests."""
        time.sleep(REST_SECONDS)
        return weigh(self.pid)


def server_environment(settings: Settings | None = None, **more: str) -> dict[str, str]:
    """The variables of a server on these settings, without the benchmark's own LOYALTY_ variables."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LOYALTY_")}
    url = {"LOYALTY_DATABASE_URL": settings.database_url} if settings else {}
    return {**own, "PYTHONPATH": str(ROOT), "LOYALTY_SECRET_KEY": SECRET_KEY, **url, **more}


@contextmanager
def started(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Started]:
    """Start a server and wait for its first answer; it is stopped at the end. Raises OSError if it takes too long."""
    port, begin = free_port(), time.perf_counter()
    whole = [part.replace(PORT, str(port)) for part in command]
    process = subprocess.Popen(whole, env=environment, stderr=subprocess.DEVNULL)  # noqa: S603  # our own
    try:
        _await(f"http://127.0.0.1:{port}/health/ready")
        seconds = time.perf_counter() - begin
        yield Started(pid=process.pid, port=port, seconds=seconds, cpu=cpu_seconds(process.pid))
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _await(url: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        with suppress(OSError):
            urllib.request.urlopen(url).close()  # noqa: S310  # loopback
            return
        time.sleep(LOOK_EVERY_SECONDS)
    message = f"nobody answers at {url}"
    raise TimeoutError(message)
