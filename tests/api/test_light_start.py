"""A light start: a process loads what it is going to use, and no more."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from loyalty_app.settings import Settings

SERVED = """
import asyncio, sys
from api.app import create_app
from loyalty_cli import serve as _
from loyalty_cli.bots_on_demand import open_bots_on_demand
from loyalty_app.settings import read_settings

async def serve():
    app = create_app(read_settings(), bots=open_bots_on_demand)
    async with app.lifespan():
        print(*sorted(set(sys.modules) & set(sys.argv[1:])))

asyncio.run(serve())
"""
SELDOM = ("alembic", "asyncpg", "openpyxl", "redis", "sqlalchemy.orm", "telegram", "zxingcpp", "loyalty_cli.demo")


def loaded(settings: Settings, folder: Path) -> set[str]:
    """Which of the libraries that are seldom needed a server on these settings has when it is ready."""
    given = {"LOYALTY_DATABASE_URL": settings.database_url, "LOYALTY_REDIS_URL": settings.redis_url or ""}
    ended = subprocess.run(
        [sys.executable, "-c", SERVED, *SELDOM],
        cwd=folder,
        env={"PYTHONPATH": ":".join(sys.path), **given},
        check=True,
        capture_output=True,
        text=True,
    )
    return set(ended.stdout.split())


async def test_a_shop_on_sqlite_without_a_bot_pays_for_no_telegram_no_postgresql_no_redis_and_no_migrations(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    assert await asyncio.to_thread(loaded, sqlite_settings, tmp_path) == set()


async def test_who_has_a_redis_loads_its_library(sqlite_settings: Settings, redis_url: str, tmp_path: Path) -> None:
    assert await asyncio.to_thread(loaded, replace(sqlite_settings, redis_url=redis_url), tmp_path) == {"redis"}


@pytest.mark.parametrize("words", [(), ("serve",), ("key", "create")], ids=" ".join)
def test_help_for_one_command_loads_no_other(words: tuple[str, ...]) -> None:
    asked = ["-X", "importtime", "-m", "loyalty_cli", *words, "--version" if not words else "--help"]
    ended = subprocess.run([sys.executable, *asked], check=True, capture_output=True, text=True)
    assert not {"openpyxl", "telegram", "loyalty_cli.demo"} & {
        line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()
    }
