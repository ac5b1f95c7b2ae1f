"""Serving: `loyalty serve` and `loyalty api`."""

from typing import TYPE_CHECKING

import click
import msgspec

from loyalty_app.settings import Settings, read_settings
from loyalty_cli import options
from loyalty_cli.logs import announce
from loyalty_cli.ports import address_of, open_port

if TYPE_CHECKING:
    from loyalty_cli.applications import MakeGuard


@click.command()
@options.where
def serve(host: str | None, port: int | None) -> None:
    """Serve one shop or a hundred, all in one process: the API, the Telegram bots, and a worker that delivers webhooks.

    The shared bot runs if LOYALTY_TELEGRAM_TOKEN is set, and each own bot of a shop (`loyalty business set-bot`).

    The database is set up or brought up to date first. Ctrl-C stops it, after it has finished what it had begun. Other
    `loyalty` commands may be used meanwhile.
    """
    from loyalty_cli.process import start_without_searches

    start_without_searches()
    from loyalty_cli.applications import application

    settings = _settings(host, port)
    if settings.workers > 1:
        announce("Note: `loyalty serve` is one process. LOYALTY_WORKERS counts for `loyalty api`.", settings)
    _serve_alone(settings, application)


@click.command()
@options.where
def api(host: str | None, port: int | None) -> None:
    """Serve the API only, in several processes if you like; `loyalty worker` delivers the webhooks.

    LOYALTY_WORKERS says how many; more than one need PostgreSQL. One that dies is replaced.
    """
    from loyalty_cli.process import start_without_searches

    start_without_searches()
    from loyalty_cli.applications import api_only

    settings = _settings(host, port)
    if settings.workers == 1:
        _serve_alone(settings, api_only)
    else:
        _serve_with_workers(settings)


def _settings(host: str | None, port: int | None) -> Settings:
    settings = read_settings()
    chosen = {"host": settings.host if host is None else host, "port": settings.port if port is None else port}
    return msgspec.structs.replace(settings, **chosen)


def _serve_alone(settings: Settings, make: "MakeGuard") -> None:
    from loyalty_cli.server import serve_alone

    listener = open_port(settings.host, settings.port)
    serve_alone(listener, settings, ready=lambda: _announce(address_of(listener), settings), make=make)


def _serve_with_workers(settings: Settings) -> None:
    from loyalty_app.db.migrate import migrate
    from loyalty_cli.server import serve_with_workers

    listener = open_port(settings.host, settings.port)
    migrate(settings)  # so that a problem with the database is reported once, not by every process
    if settings.redis_url is None:
        announce("Note: without LOYALTY_REDIS_URL each process counts rate limits by itself.", settings)
    _announce(address_of(listener), settings, f" with {settings.workers} processes")
    serve_with_workers(listener, settings)


def _announce(url: str, settings: Settings, how: str = "") -> None:
    announce(f"Serving {url}/v1{how}; reference at {url}/docs. Ctrl-C stops it.", settings)
