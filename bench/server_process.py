"""A server as a process of its own on a free port of this machine, for as long as it is measured."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.shops import SECRET_KEY
from loyalty_app.settings import Settings
from testkit.servers import free_port

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 30
PORT = "{port}"
"""Stands for the port in a command."""


@contextmanager
def served(settings: Settings, *, workers: int = 1, redis_url: str | None = None) -> Iterator[int]:
    """Run `loyalty api` on these settings; gives its port."""
    command = [sys.executable, "-m", "loyalty_cli", "api", "--port", PORT]
    environment = {
        "LOYALTY_DATABASE_URL": settings.database_url,
        "LOYALTY_SECRET_KEY": SECRET_KEY,
        "LOYALTY_WORKERS": str(workers),
        "LOYALTY_REDIS_URL": redis_url or "",
        "LOYALTY_TELEGRAM_TOKEN": "",
        "LOYALTY_METRICS_PORT": "",
    }
    with running(command, environment, ready="/health/ready") as port:
        yield port


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], *, ready: str) -> Iterator[int]:
    """Run a server process; gives its port once a GET of `ready` is answered with 200."""
    port = free_port()
    whole = [part.replace(PORT, str(port)) for part in command]
    whole_environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(whole, env=whole_environment, stdout=said, stderr=said)  # noqa: S603  # ours
        try:
            await_ready(process, f"http://127.0.0.1:{port}{ready}")
            yield port
        except BaseException:
            said.seek(0)
            sys.stderr.write(said.read()[-4_000:])
            raise
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def await_ready(process: "subprocess.Popen[bytes]", url: str) -> None:
    """Ask until the server answers. Raises SystemExit if it ends before, OSError if it takes too long."""
    until = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None:
        try:
            urllib.request.urlopen(url).close()  # noqa: S310  # loopback
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
    message = f"the server ended with exit code {process.returncode}"
    raise SystemExit(message)
