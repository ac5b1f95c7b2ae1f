"""A primary and its standby: two real PostgreSQL servers, of which the second follows the first until told not to.

They listen on ports of this machine. A test lets the standby fall behind, crashes the primary and promotes the standby.
"""

import shutil
import subprocess
from pathlib import Path

import asyncpg

from testkit.concurrency import until
from testkit.servers import free_port, postgres_in

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
port = {port}
fsync = {fsync}
max_wal_senders = 4
max_connections = 50
"""


class PostgresPair:
    """The two servers; `urls` are those of the primary and of the standby. With `durable` they write to the disk."""

    def __init__(self, home: Path, *, durable: bool = False) -> None:
        home.mkdir()
        self._fsync = "on" if durable else "off"
        self.primary, self.standby = home / "primary", home / "standby"
        self._server = postgres_in(self.primary)
        if self._server.system_user is not None:
            shutil.chown(home, user=self._server.system_user)  # it makes the standby there
        self._ports = free_port(), free_port()

    @property
    def urls(self) -> tuple[str, str]:
        first, second = (f"postgresql://postgres:@127.0.0.1:{port}/postgres" for port in self._ports)
        return first, second

    @property
    def standbys_port(self) -> int:
        return self._ports[1]

    def start(self) -> None:
        """Start the primary, copy it, and start the copy as its standby."""
        self._server.ensure_pgdata_inited()
        self._configure(self.primary, self._ports[0])
        self._run("pg_ctl", "start", "-w", "-D", self.primary, "-l", self.primary / "log")
        copy = ("--write-recovery-conf", "--checkpoint=fast", f"--dbname={self.urls[0]}")
        self._run("pg_basebackup", "-D", self.standby, *copy)
        self._configure(self.standby, self._ports[1])
        self._run("pg_ctl", "start", "-w", "-D", self.standby, "-l", self.standby / "log")

    def _configure(self, data: Path, port: int) -> None:
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS.format(port=port, fsync=self._fsync))

    def _run(self, program: str, *words: str | Path) -> None:
        command = [self._server.bin_path / program, *words]
        subprocess.run(
            command, check=True, user=self._server.system_user, stdout=subprocess.DEVNULL, cwd=self.primary.parent
        )

    async def let_the_primary_wait_for_it(self) -> None:
        """Make each commit of the primary wait until the standby has it on its disk."""
        primary = await asyncpg.connect(self.urls[0])
        await primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        await primary.execute("SELECT pg_reload_conf()")

        async def waits() -> bool:
            return bool(await primary.fetchval("SELECT bool_and(sync_state = 'sync') FROM pg_stat_replication"))

        await until(waits)
        await primary.close()

    async def let_it_catch_up(self) -> None:
        """Wait until the standby has all that the primary has."""
        primary, standby = [await asyncpg.connect(url) for url in self.urls]
        written = await primary.fetchval("SELECT pg_current_wal_lsn()")

        async def has_it() -> bool:
            return bool(await standby.fetchval("SELECT pg_last_wal_replay_lsn() >= $1", written))

        await until(has_it)
        await primary.close()
        await standby.close()

    async def let_it_fall_behind(self) -> None:
        """Have the standby receive nothing more."""
        standby = await asyncpg.connect(self.urls[1])
        await standby.execute("ALTER SYSTEM SET primary_conninfo = ''")
        await standby.execute("SELECT pg_reload_conf()")

        async def receives_nothing() -> bool:
            return not await standby.fetchval("SELECT count(*) FROM pg_stat_wal_receiver")

        await until(receives_nothing)
        await standby.close()

    def crash_the_primary(self) -> None:
        self._run("pg_ctl", "stop", "-D", self.primary, "-m", "immediate")

    def promote(self) -> None:
        self._run("pg_ctl", "promote", "-w", "-D", self.standby)

    def stop(self) -> None:
        """Stop what runs, and remove it."""
        for data in (self.primary, self.standby):
            if (data / "postmaster.pid").exists():
                self._run("pg_ctl", "stop", "-D", data, "-m", "immediate")
            shutil.rmtree(data, ignore_errors=True)
