"""PgBouncer in transaction mode before a PostgreSQL server of the tests: each transaction may get another session."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from testkit.servers import Missing, free_port, postgres_in

PATIENCE_SECONDS = 10
CONFIGURATION = """
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
"""


def program() -> str:
    """The path of PgBouncer. Raises Missing."""
    found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if found is None:
        raise Missing("pgbouncer is not on the PATH: `apt-get install pgbouncer`.")
    return found


@contextmanager
def open_pgbouncer(url: str, folder: Path) -> Iterator[str]:
    """Run PgBouncer before the server at `url`; gives the URL of the same database through it."""
    server, own_port = make_url(url), free_port()
    host = server.query.get("host") or server.host
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        CONFIGURATION.format(host=host, port=server.port or 5432, user=server.username, own_port=own_port)
    )
    user = postgres_in(folder / "none").system_user  # it does not run as root
    folder.chmod(0o755)
    running = subprocess.Popen(
        [program(), "-q", *(("-u", user) if user else ()), settings],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(own_port)
        yield f"postgresql://{server.username}:@127.0.0.1:{own_port}/{server.database}"
    finally:
        running.terminate()
        running.wait()


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
