"""A light start: a process loads what it is going to use, and no more.

Each command runs in a process of its own, forked where all of them begin alike.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import click
import pytest
from msgspec.structs import replace

from loyalty_app.settings import Settings
from loyalty_cli import loyalty
from loyalty_cli.commands import COMMANDS
from testkit.console import CAFE, GO_ON, Console

Loaded: TypeAlias = Callable[..., set[str]]
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
SELDOM = (
    *("aiohttp", "alembic", "asyncpg", "babel", "cryptography", "dotenv", "email_validator", "jinja2", "limits"),
    *("openpyxl", "phonenumbers", "PIL", "pydantic", "qrcode", "redis", "sqlalchemy.orm"),
    *("sqlalchemy.dialects.postgresql", "telegram", "yarl", "zxingcpp", "api.pages", "loyalty_cli.demo"),
)
OF_REDIS = {"redis", "limits", "cryptography"}
"""The library for limits, which counts in Redis, that of Redis, and what it loads."""


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


async def test_a_shop_on_sqlite_pays_for_no_bot_no_page_no_picture_no_webhook_and_no_other_database(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    assert await asyncio.to_thread(loaded, sqlite_settings, tmp_path) == set()


async def test_who_has_a_redis_loads_its_library(sqlite_settings: Settings, redis_url: str, tmp_path: Path) -> None:
    assert await asyncio.to_thread(loaded, replace(sqlite_settings, redis_url=redis_url), tmp_path) == OF_REDIS


# Has loaded what every command does, and forks for each order: runs commands one after the other in the fork, and says
# which modules are loaded then.
FORKING = """
import contextlib, io, json, os, sys
from loyalty_cli import loyalty

def run(order):
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    for words in order["commands"]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                loyalty(words)
            except SystemExit as end:
                code = end.code
        if code:
            return {"error": said.getvalue()}
    return {"loaded": [name for name in sys.modules if name.partition(".")[0] not in sys.stdlib_module_names]}

while line := sys.stdin.readline():
    if not (child := os.fork()):
        try:
            print(json.dumps(run(json.loads(line))), flush=True)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
"""
FOR_HELP = {"click", "dotenv", "loyalty_app", "loyalty_cli", "loyalty_core", "msgspec", "typing_extensions"}
OURS_FOR_HELP = {"observability", "observability.log_context", "observability.redaction", "private_files", "settings"}
OF_EVERY_COMMAND = {"loyalty_cli.commands", "loyalty_cli.failures", "loyalty_cli.groups", "loyalty_cli.logs"}
HEAVY = {
    "aiohttp",
    "alembic",
    "asyncpg",
    "babel",
    "cryptography",
    "litestar",
    "phonenumbers",
    "PIL",
    "prometheus_client",
    "qrcode",
    "redis",
    "structlog",
    "telegram",
    "telegram_sandbox",
    "uvicorn",
    "zxingcpp",
}
HERE = ("--business", "1")

# What each command may load of the heavy ones where it works on a SQLite file with the newest schema.
NEEDED: dict[tuple[str, ...], set[str]] = {
    ("business", "create", *CAFE): set(),
    ("business", "list"): set(),
    ("business", "set-plan", *HERE, "--plan", "basic"): set(),
    ("business", "set-bot", *HERE, "--remove"): set(),
    ("program", "add", *HERE, "--title", "Salads", "--reward", "A salad"): set(),
    ("branch", "add", *HERE, "--name", "Harbour"): set(),
    ("staff", "invite", *HERE): set(),
    ("key", "list", *HERE): set(),
    ("deliveries", "pause", "--all"): set(),
    ("customers", "import", "guests.csv", *HERE): {"babel", "prometheus_client"},
    ("customers", "export", "out.csv", *HERE): set(),
    ("export", "all.zip", *HERE): set(),
    ("backup", "copy.zip"): set(),
    ("restore", "copy.zip", "--replace"): set(),
    ("move", "--to", "sqlite:///new.db"): {"alembic"},
    ("migrate",): set(),
    ("doctor",): {"aiohttp", "alembic", "PIL"},
}


@pytest.fixture(scope="module")
def parent() -> Iterator[subprocess.Popen[str]]:
    """A process that has done what each command begins with, and nothing else."""
    command = [sys.executable, "-c", FORKING]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        yield parent
        parent.communicate()


@pytest.fixture
def modules_after(parent: subprocess.Popen[str], tmp_path: Path) -> Loaded:
    """The modules of packages, ours too, that a process has loaded once these commands have done their work."""

    def ask(*commands: tuple[str, ...], settings: Settings | None = None) -> set[str]:
        environment = Console(tmp_path, settings).environment
        assert parent.stdin
        assert parent.stdout
        parent.stdin.write(json.dumps({"folder": str(tmp_path), "environment": environment, "commands": commands}))
        parent.stdin.write("\n")
        parent.stdin.flush()
        told = json.loads(parent.stdout.readline())
        assert "loaded" in told, told
        return set(told["loaded"])

    return ask


def packages(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def help_of(command: click.Command, *names: str) -> Iterator[tuple[str, ...]]:
    """How the help of a command, and of those within it, is asked for."""
    yield (*names, "--help")
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from help_of(inner, *names, name)


def expect_light(modules: set[str]) -> None:
    """No library but those that read options and settings, nothing of the application but its settings."""
    installed = {name for name in packages(modules) if name.startswith(("__", "_distutils"))}
    assert packages(modules) - installed - FOR_HELP == set()
    ours = {name.removeprefix("loyalty_app.") for name in modules if name.startswith("loyalty_app.")}
    assert ours - OURS_FOR_HELP == set()


@pytest.mark.parametrize("words", [("--help",), ("--version",)], ids=" ".join)
def test_help_loads_no_command_and_no_library_but_those_for_options(
    modules_after: Loaded, words: tuple[str, ...]
) -> None:
    modules = modules_after(words)

    expect_light(modules)
    assert {name for name in modules if name.startswith("loyalty_cli.")} == OF_EVERY_COMMAND


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_loads_no_database_no_web_framework_and_no_telegram(
    modules_after: Loaded, name: str
) -> None:
    expect_light(modules_after(*help_of(loyalty.commands[name], name)))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_of_each_what_the_command_says_of_itself(name: str) -> None:
    summary, load = COMMANDS[name]

    assert load().name == name
    assert load().get_short_help_str(1_000) == summary


@pytest.mark.parametrize("words", NEEDED, ids=lambda words: " ".join(words[:2]))
def test_a_command_loads_the_libraries_that_it_uses(
    tmp_path: Path, sqlite_settings: Settings, modules_after: Loaded, words: tuple[str, ...]
) -> None:
    console = Console(tmp_path, sqlite_settings)
    console.ask("business", "create", *CAFE)
    if words[0] == "restore":
        console.ask("backup", "copy.zip")
    (tmp_path / "guests.csv").write_text("name,email\nAna,ana@example.com\n")

    assert packages(modules_after(words, settings=sqlite_settings)) & HEAVY == NEEDED[words]


def test_every_command_that_ends_by_itself_is_in_that_list() -> None:
    assert {words[0] for words in NEEDED} == COMMANDS.keys() - GO_ON - {"trigger"}, "which asks a running service"
