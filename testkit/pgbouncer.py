"""PgBouncer before a PostgreSQL server; in transaction mode each transaction may get another session."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from testkit.servers import Missing, free_port, postgres_in

PATIENCE_SECONDS = 20
CONFIGURATION = """
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {sessions}
server_login_retry = 1
max_client_conn = 200
"""


def program() -> str:
    """The path of PgBouncer. Raises Missing."""
    found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if found is None:
        raise Missing("pgbouncer is not on the PATH: `apt-get install pgbouncer`.")
    return found


class PgBouncer:
    """One that runs, before a server that can be changed; `address` is its host and port."""

    def __init__(self, folder: Path, *, mode: str = "transaction", sessions: int = 3) -> None:
        self._settings = folder / "pgbouncer.ini"
        self._mode, self._sessions, self._port = mode, sessions, free_port()
        self._running: subprocess.Popen[bytes] | None = None

    def url(self, user: str | None, database: str | None) -> str:
        """The URL of a database through it."""
        return f"postgresql://{user}:@127.0.0.1:{self._port}/{database}"

    def start(self, url: str) -> None:
        """Run it before the server at `url`."""
        self._write(url)
        user = postgres_in(self._settings.parent / "none").system_user  # it does not run as root
        self._settings.parent.chmod(0o755)
        command = [program(), "-q", *(("-u", user) if user else ()), self._settings]
        self._running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _wait_for(self._port)

    def turn_to(self, url: str) -> None:
        """Send what comes from now on to another server, as an operator does: with new settings and a SIGHUP."""
        self._write(url)
        self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()

    @property
    def _process(self) -> "subprocess.Popen[bytes]":
        assert self._running is not None, "it was not started"
        return self._running

    def _write(self, url: str) -> None:
        server = make_url(url)
        place = {"host": server.query.get("host") or server.host, "port": server.port or 5432, "user": server.username}
        own = {"own_port": self._port, "mode": self._mode, "sessions": self._sessions}
        self._settings.write_text(CONFIGURATION.format(**place, **own))


@contextmanager
def open_pgbouncer(url: str, folder: Path) -> Iterator[str]:
    """Run one with three sessions before the server at `url`; gives the URL of the same database through it."""
    server, pooler = make_url(url), PgBouncer(folder)
    pooler.start(url)
    try:
        yield pooler.url(server.username, server.database)
    finally:
        pooler.stop()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
