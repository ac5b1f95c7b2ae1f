"""PostgreSQL's own programs, pg_dump and pg_restore: where they are, and how they are told which database is meant.

A program gets the parts of LOYALTY_DATABASE_URL as a connection string of libpq, each part quoted, because libpq reads
URLs more strictly than the driver does. The password goes into its environment: command lines can be read by everybody
on the machine. What to dump and to restore is not known here.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from sqlalchemy import URL, make_url

from loyalty_app.backups.archive import BackupRefused

NEWER = "Install PostgreSQL's client programs, of the server's version or newer, and put them first on the PATH."
OF_THE_DRIVER = {"ssl": "sslmode"}
"""Parameters that the driver calls otherwise."""
OF_LIBPQ = {
    *("application_name", "channel_binding", "connect_timeout", "gssencmode", "hostaddr", "keepalives"),
    *("keepalives_count", "keepalives_idle", "keepalives_interval", "krbsrvname", "options", "passfile"),
    *(
        "require_auth",
        "sslcert",
        "sslcrl",
        "sslkey",
        "sslmode",
        "sslrootcert",
        "target_session_attrs",
        "tcp_user_timeout",
    ),
}
"""Parameters that are passed on; the rest is the driver's own."""


def database_url(url: str) -> URL:
    """A URL of PostgreSQL in its parts."""
    return make_url(url.replace("postgres://", "postgresql://", 1))


def tool(name: str) -> str:
    """The path of a PostgreSQL program. Raises BackupRefused."""
    found = shutil.which(name)
    if found is None:
        raise BackupRefused(f"{name} is not on the PATH. {NEWER} `apt install postgresql-client` on Debian and Ubuntu.")
    return found


def run_program(name: str, url: str, *words: str) -> None:
    """Run a PostgreSQL program on a database; no command line shows the password. Raises BackupRefused."""
    target = database_url(url)
    command = [tool(name), "--no-password", f"--dbname={connection_string(target)}", *words]
    ended = subprocess.run(command, env=_environment(target), check=False, capture_output=True, text=True)  # noqa: S603  # ours
    if ended.returncode:
        said = " ".join(ended.stderr.split()).rstrip(".") or f"exit code {ended.returncode}"
        mend = f" {NEWER}" if "version mismatch" in said else ""
        raise BackupRefused(f"{name} failed: {said}.{mend}")


def connection_string(target: URL) -> str:
    """The parts of a URL as libpq reads them, `host='db' port='5432' …`, without the password."""
    return " ".join(f"{name}={_quoted(value)}" for name, value in _parts(target).items())


def _parts(target: URL) -> dict[str, str]:
    query = {OF_THE_DRIVER.get(name, name): _listed(value) for name, value in target.query.items()}
    whole = {"user": target.username, "dbname": target.database, **_hosts(target)}
    whole |= {name: value for name, value in query.items() if name in OF_LIBPQ | {"user"}}
    return {name: value for name, value in whole.items() if value}


def _hosts(target: URL) -> dict[str, str | None]:
    """The hosts and ports: one each, or several separated by commas, as the driver takes them from `host=…` too."""
    port = str(target.port) if target.port else _listed(target.query.get("port", ""))
    hosts = _listed(target.query.get("host", target.host or "")).split(",")
    if port:
        return {"host": ",".join(hosts), "port": port}
    pairs = [_host_and_port(host) for host in hosts]
    ports = ",".join(port for _, port in pairs)
    return {"host": ",".join(host for host, _ in pairs), "port": ports if ports.strip(",") else None}


def _host_and_port(text: str) -> tuple[str, str]:
    """`db:5432` in its parts; paths of sockets and IPv6 addresses have colons of their own."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or (":" in host and not host.endswith("]")):
        return text.strip("[]"), ""
    return host.strip("[]"), port


def _listed(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else ",".join(value)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _environment(target: URL) -> Mapping[str, str]:
    password = target.password or _listed(target.query.get("password", ""))
    return {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
