"""PostgreSQL's programs are told the right database, whatever stands in its URL, and nobody else sees the password."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest
from sqlalchemy import make_url, text

from loyalty_app.backups import postgres
from loyalty_app.backups.archive import BackupRefused
from loyalty_app.backups.create import make_backup
from loyalty_app.backups.postgres import LEAVING_SECONDS, check_idle
from loyalty_app.backups.postgres_programs import connection_string, run_program
from loyalty_app.backups.restore import restore_backup
from loyalty_app.backups.verify import foreign_in
from loyalty_app.db.migrate import migrate
from loyalty_app.db.postgres.engine import open_engine
from loyalty_app.db.postgres.parameters import read_parameters
from loyalty_app.settings import Settings
from testkit.builders import NOON
from testkit.concurrency import until
from testkit.console import A_KEY, CAFE, Console
from testkit.postgres_wire import PostgresWire
from testkit.servers import free_port
from tests.backups.conftest import ODD_PASSWORD
from tests.cli.test_doctor import checks

NOTE_WORDS = """#!/bin/sh
tr '\\0' '\\n' < /proc/$$/cmdline > words
printf %s "$PGPASSWORD" > secret
"""

SLEEPS = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep')"
TWO_HOSTS = "user='u' dbname='shop' host='a,b' port='1,2' target_session_attrs='read-write'"


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("postgresql://u:p@db/shop", "user='u' dbname='shop' host='db' port='5432'"),
        ("postgres://u:p@db:5433/shop", "user='u' dbname='shop' host='db' port='5433'"),
        ("postgresql://u:p@[::1]:5433/shop", "user='u' dbname='shop' host='::1' port='5433'"),
        ("postgresql://u:p@/shop?host=/run/pg", "user='u' dbname='shop' host='/run/pg' port='5432'"),
        (
            "postgresql://u:p@/shop?host=a:1&host=b:2",
            "user='u' dbname='shop' host='a,b' port='1,2' target_session_attrs='read-write'",
        ),
        (
            "postgresql://u:p@/shop?host=a,b&port=1,2",
            "user='u' dbname='shop' host='a,b' port='1,2' target_session_attrs='read-write'",
        ),
        ("postgresql://u@db/shop?password=p", "user='u' dbname='shop' host='db' port='5432'"),
        ("postgresql://u:p@db/shop?ssl=require", "user='u' dbname='shop' host='db' port='5432' sslmode='require'"),
        (
            "postgresql://u:p@db/shop?sslmode=verify-full&sslrootcert=/a b.pem&command_timeout=5",
            "user='u' dbname='shop' host='db' port='5432' sslmode='verify-full' sslrootcert='/a b.pem'",
        ),
        (r"postgresql://o%27b\:p@db/a%20b%3Dc", r"user='o\'b\\' dbname='a b=c' host='db' port='5432'"),
    ],
)
def test_the_parts_of_a_url_are_what_libpq_gets_without_the_password(url: str, parts: str) -> None:
    assert connection_string(read_parameters(url)) == f"{parts} application_name='loyalty'"


def test_the_password_is_in_no_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "pg_dump"
    program.write_text(NOTE_WORDS)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.chdir(tmp_path)
    written = quote(ODD_PASSWORD, safe="")
    for url in (f"postgresql://u:{written}@db/shop", f"postgresql://u@db/shop?password={written}"):
        run_program("pg_dump", url, "--version")
        words = Path("words").read_text()
        assert Path("secret").read_text() == ODD_PASSWORD
        assert "--version" in words
        assert ODD_PASSWORD not in words
        assert written not in words


@pytest.mark.usefixtures("tools")
async def test_the_first_of_several_hosts_that_answers_is_dumped_and_restored(
    strict_database: str, tmp_path: Path
) -> None:
    server = make_url(strict_database)
    listening = await asyncio.start_server(PostgresWire(server).carry, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    hosts = {"host": (f"127.0.0.1:{free_port()}", f"127.0.0.1:{port}")}
    url = server._replace(host=None, port=None).set(query=hosts).render_as_string(hide_password=False)
    settings = Settings(database_url=url, secret_key=A_KEY)
    try:
        await asyncio.to_thread(migrate, settings)
        made = await asyncio.to_thread(make_backup, settings, tmp_path / "b.zip", now=NOON)
        back = await asyncio.to_thread(restore_backup, settings, tmp_path / "b.zip", now=NOON, replace=True)
    finally:
        listening.close()
    assert (made.manifest.proven, back.found.proven, bool(back.aside)) == (True, True, True)


async def test_a_session_that_is_about_to_end_does_not_refuse_a_restore(
    postgres_url: str, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaving, watching = [await asyncpg.connect(url) for url in (postgres_database, postgres_url)]
    number = leaving.get_server_pid()
    working = asyncio.create_task(leaving.execute("SELECT pg_sleep(3600)"))
    await until(lambda: watching.fetchval(SLEEPS, number))
    leaving.terminate()  # the server notices it only once the statement is done
    done = []

    def looks() -> Iterator[float]:
        yield LEAVING_SECONDS[0]
        done.append(asyncio.create_task(watching.fetchval("SELECT pg_cancel_backend($1)", number)))
        yield from LEAVING_SECONDS[1:]

    monkeypatch.setattr(postgres, "LEAVING_SECONDS", looks())
    assert await check_idle(postgres_database, replace=True)
    assert await asyncio.gather(*done) == [True], "it was seen while it was still there"
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await working
    await watching.close()


@pytest.mark.usefixtures("tools")
async def test_a_wrong_password_is_refused_in_one_sentence_without_it(strict_database: str, tmp_path: Path) -> None:
    wrong = make_url(strict_database).set(password="hunter2").render_as_string(hide_password=False)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)
    with pytest.raises(BackupRefused, match="password authentication failed") as refused:
        await asyncio.to_thread(run_program, "pg_dump", wrong, f"--file={tmp_path}/x")
    assert "hunter2" not in str(refused.value)


@pytest.mark.usefixtures("tools")
async def test_all_commands_work_on_a_server_that_asks_for_a_password(strict_database: str, tmp_path: Path) -> None:
    console = Console(tmp_path, Settings(database_url=strict_database))

    def journey() -> list[str]:
        console.ask("migrate")
        console.ask("business", "create", *CAFE)
        said = [str(console.ask("backup", "b.zip")), str(console.ask("restore", "b.zip", "--replace"))]
        found = console.run("doctor", "--json")
        assert checks(found)["ledger"]["status"] == "ok"
        return [*said, found.stdout, console.run("migrate").stdout]

    said = await asyncio.to_thread(journey)
    for written in (ODD_PASSWORD, quote(ODD_PASSWORD, safe="")):
        assert written not in "".join(said)


async def test_what_an_extension_brings_along_is_no_program_of_somebody_else(postgres_database: str) -> None:
    """Citus has triggers on tables of its own."""
    engine = open_engine(postgres_database)
    async with engine.begin() as connection:
        for statement in (
            "CREATE TABLE places (id int)",
            "CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$",
            "CREATE TRIGGER told AFTER INSERT ON places FOR EACH ROW EXECUTE FUNCTION told()",
            "ALTER EXTENSION plpgsql ADD TABLE places",
        ):
            await connection.execute(text(statement))
        assert await connection.run_sync(foreign_in) == ["trigger told"], "the function is somebody else's"
        await connection.execute(text("ALTER EXTENSION plpgsql ADD FUNCTION told()"))
        assert await connection.run_sync(foreign_in) == []
        await connection.rollback()
    await engine.dispose()
