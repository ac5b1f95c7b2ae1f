"""Checks: what `loyalty doctor` examines. Each says how things are and what would correct them; nothing is changed."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from loyalty_app.clock import utc_now
from loyalty_app.db.migrate import check_known, newest, version_of
from loyalty_app.db.move_mark import PlaceMarked
from loyalty_app.db.sqlite import engine as sqlite
from loyalty_app.db.sqlite.server_lock import name_lock
from loyalty_app.pictures.fonts import SHAPED, unreadable_faces
from loyalty_app.settings import Settings, SettingsError, read_settings, unknown_variables
from loyalty_cli.database import place
from loyalty_cli.database_failures import one_line
from loyalty_cli.doctor.contents import (
    examine_closings,
    examine_ledgers,
    examine_plans,
    examine_schema,
    examine_webhooks,
)
from loyalty_cli.doctor.environment import examine_open_files, examine_settings
from loyalty_cli.doctor.findings import Check, Status
from loyalty_cli.doctor.moves import examine_moves
from loyalty_cli.doctor.postgresql import examine_cluster, examine_postgresql
from loyalty_cli.doctor.searching import examine_searching
from loyalty_cli.doctor.secret_key import examine_secret_key
from loyalty_cli.doctor.storage import examine_backups, examine_storage
from loyalty_cli.doctor.telegram import examine_bots, examine_updates
from loyalty_cli.failures import explained

REDIS_SECONDS = 3


def examine() -> Iterator[Check]:
    """Run all checks, as far as their findings allow."""
    try:
        settings = read_settings()
    except SettingsError as error:
        yield Check(name="settings", status=Status.PROBLEM, message=str(error), mend="Correct that variable.")
        return
    yield examine_settings(settings, unknown_variables())
    yield _pictures()
    yield from examine_storage(settings)
    yield from examine_open_files()
    yield examine_backups(settings, utc_now())
    if settings.on_sqlite:
        yield _sqlite()
    if settings.redis_url is not None:
        yield _redis(settings.redis_url)
    database = _database(settings)
    yield database
    if database.status is Status.PROBLEM:
        return
    yield from _inside_the_database(settings)


def _inside_the_database(settings: Settings) -> Iterator[Check]:
    """Check what is in a database of the newest version, as far as its schema allows."""
    schema = asyncio.run(examine_schema(settings))
    yield schema
    if schema.status is Status.PROBLEM:
        return
    if settings.on_sqlite:
        yield _server(settings)
    else:
        yield from asyncio.run(examine_postgresql(settings))
        cluster = asyncio.run(examine_cluster(settings))
        yield from cluster
        if any(one.status is Status.PROBLEM for one in cluster):
            return  # what is left asks all nodes
    yield asyncio.run(examine_secret_key(settings))
    bots = asyncio.run(examine_bots(settings))
    yield bots
    if bots.status is not Status.PROBLEM:
        yield from asyncio.run(examine_updates(settings))
    yield from asyncio.run(examine_moves(settings))
    yield from asyncio.run(examine_closings(settings))
    yield asyncio.run(examine_webhooks(settings))
    yield asyncio.run(examine_plans(settings))
    yield asyncio.run(examine_searching(settings))
    try:
        yield from asyncio.run(examine_ledgers(settings))
    except Exception as error:  # noqa: BLE001  # a doctor reports any failure
        yield Check(
            name="books",
            status=Status.PROBLEM,
            message=explained(error).format_message(),
            mend="The database holds what this program did not write. Keep a copy, and report this.",
        )


def _pictures() -> Check:
    """Check the fonts and libraries that letters on pictures need."""
    if missing := unreadable_faces():
        return Check(
            name="pictures",
            status=Status.PROBLEM,
            message="Some fonts cannot be read, and letters of theirs are left out of cards.",
            mend="Install the packages manimgx-fonts and manimgx-fonts-cjk again, where this program is installed.",
            details=tuple(missing),
        )
    if not SHAPED:
        return Check(
            name="pictures",
            status=Status.NOTE,
            message="Arabic, Devanagari and Thai letters are not joined on cards, for want of raqm or fribidi.",
            mend="Install fribidi: `apt install libfribidi0` on Debian and Ubuntu, `brew install fribidi` on a Mac.",
        )
    return Check(name="pictures", message="All fonts are there, and letters are joined as they should be.")


def _sqlite() -> Check:
    version = sqlite.driver.sqlite_version
    if not sqlite.has_wal_reset_bug():
        return Check(name="sqlite", message=f"SQLite {version} keeps all that was committed.")
    return Check(
        name="sqlite",
        status=Status.NOTE,
        message=f"SQLite {version} can, very rarely, lose what was just written while two processes use the file.",
        mend="Install the package pysqlite3 where this program is installed, or use PostgreSQL.",
    )


def _redis(url: str) -> Check:
    from redis import Redis
    from redis.exceptions import RedisError

    try:
        with Redis.from_url(url, socket_connect_timeout=REDIS_SECONDS, socket_timeout=REDIS_SECONDS) as redis:
            redis.ping()
    except (RedisError, OSError, ValueError) as error:
        return Check(
            name="redis",
            status=Status.PROBLEM,
            message=f"Redis does not answer: {one_line(error)}.",
            mend="Start Redis or correct LOYALTY_REDIS_URL. Meanwhile each process counts rate limits by itself.",
        )
    return Check(name="redis", message="Redis answers.")


def _database(settings: Settings) -> Check:
    try:
        version = version_of(settings)
        check_known(version)
    except PlaceMarked as marked:
        return Check(name="database", status=Status.PROBLEM, message=marked.how, mend=marked.what_to_do)
    except (SQLAlchemyError, OSError, SettingsError) as error:
        message = explained(error).format_message()
        mend = "Start the database, or correct LOYALTY_DATABASE_URL."
        return Check(name="database", status=Status.PROBLEM, message=message, mend=mend)
    if version == newest():
        return Check(name="database", message=f"It is {place(settings)}, at version {version}.")
    what = "is empty or not there" if version is None else f"is at version {version}, and {newest()} is needed"
    message = f"It is {place(settings)}, and it {what}."
    return Check(name="database", status=Status.PROBLEM, message=message, mend="Run `loyalty migrate`.")


def _server(settings: Settings) -> Check:
    """Take the lock for a moment, if a server has ever made one."""
    if Path(f"{settings.sqlite_path}.lock").exists():
        try:
            with name_lock(settings):
                pass
        except SettingsError:
            return Check(name="server", message="A server is running on this file, which is fine.")
    return Check(name="server", message="No server is running on this file.")
