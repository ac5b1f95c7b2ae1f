"""PostgreSQL's own programs, pg_dump and pg_restore: where they are, and how they are told which database is meant.

A program gets the parts of LOYALTY_DATABASE_URL as a connection string of libpq, each part quoted, because libpq reads
URLs more strictly than the driver does. The password goes into its environment: command lines can be read by everybody
on the machine. What to dump and to restore is not known here.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from math import ceil

from loyalty_app.backups.archive import BackupRefused
from loyalty_app.db.postgres.parameters import ConnectionParameters, read_parameters

NEWER = "Install PostgreSQL's client programs, of the server's version or newer, and put them first on the PATH."


def tool(name: str) -> str:
    """The path of a PostgreSQL program. Raises BackupRefused."""
    found = shutil.which(name)
    if found is None:
        raise BackupRefused(f"{name} is not on the PATH. {NEWER} `apt install postgresql-client` on Debian and Ubuntu.")
    return found


def run_program(name: str, url: str, *words: str) -> None:
    """Run a PostgreSQL program on a database; no command line shows the password. Raises BackupRefused."""
    target = read_parameters(url)
    command = [tool(name), "--no-password", f"--dbname={connection_string(target)}", *words]
    ended = subprocess.run(command, env=_environment(target), check=False, capture_output=True, text=True)  # noqa: S603  # ours
    if ended.returncode:
        said = " ".join(ended.stderr.split()).rstrip(".") or f"exit code {ended.returncode}"
        mend = f" {NEWER}" if "version mismatch" in said else ""
        raise BackupRefused(f"{name} failed: {said}.{mend}")


def connection_string(target: ConnectionParameters) -> str:
    """What a URL says as libpq reads it, `host='db' port='5432' …`, without the password."""
    return " ".join(f"{name}={_quoted(value)}" for name, value in _parts(target).items())


def _parts(target: ConnectionParameters) -> dict[str, str]:
    whole = {
        "user": target.user,
        "dbname": target.database,
        "host": ",".join(host.name for host in target.hosts),
        "port": ",".join(str(host.port) for host in target.hosts),
        "target_session_attrs": None if target.sessions == "any" else target.sessions,
        "connect_timeout": None if target.connect_seconds is None else str(ceil(target.connect_seconds)),
        **target.drivers,
        **target.settings,
    }
    return {name: value for name, value in whole.items() if value}


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _environment(target: ConnectionParameters) -> Mapping[str, str]:
    return {**os.environ, **({"PGPASSWORD": target.password} if target.password else {})}
