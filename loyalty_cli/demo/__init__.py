"""The demo: `loyalty demo` serves the café of `cafe` from a throw-away database."""

import asyncio
import socket
import tempfile
from pathlib import Path

import click
from msgspec.structs import replace

from loyalty_app.clock import utc_now
from loyalty_app.db.engine import open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.settings import Settings
from loyalty_cli import options
from loyalty_cli.demo.cafe import Cafe, open_cafe
from loyalty_cli.demo.telegram import DemoTelegram
from loyalty_cli.demo.welcome import commands, welcome
from loyalty_cli.output import tell
from loyalty_cli.ports import ANY_PORT, PortTaken, address_of, open_port
from loyalty_cli.serve import PORT
from loyalty_cli.server import SANDBOX, serve_alone, stop_cleanly, with_sandbox


@click.command()
@click.option("--host", type=options.TEXT, default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=PORT, help="The port; without it 8000, or a free one if that is taken.")
@options.as_json
def demo(host: str, port: int | None, *, as_json: bool) -> None:
    """Open a café with made-up customers; say what to try.

    Its data is thrown away at the end, and LOYALTY_… settings do not count here: nothing of yours is touched.
    """
    stop_cleanly()
    listener = open_port(host, port) if port is not None else _open_default_port(host)
    with tempfile.TemporaryDirectory(prefix="loyalty-demo-", ignore_cleanup_errors=True) as folder:
        settings = Settings(database_url=f"sqlite:///{Path(folder, 'demo.db')}")
        migrate(settings)
        cafe, url = asyncio.run(_open_cafe(settings)), address_of(listener)
        telegram = _open_telegram(cafe)
        settings = replace(settings, telegram_token=telegram.token, telegram_api_url=f"{url}{SANDBOX}")
        ready = lambda: tell(_answer(cafe, url, settings), welcome(cafe, url), as_json=as_json)  # noqa: E731
        serve_alone(listener, ready=ready, make=lambda: with_sandbox(settings, telegram))


def _open_telegram(cafe: Cafe) -> DemoTelegram:
    shop = cafe.opened.business
    return DemoTelegram(shop.name, slug=shop.slug, invitation=cafe.invitation)


def _open_default_port(host: str) -> socket.socket:
    try:
        return open_port(host, Settings().port)
    except PortTaken:
        return open_port(host, ANY_PORT)


async def _open_cafe(settings: Settings) -> Cafe:
    database = open_database(settings)
    try:
        return await open_cafe(database, utc_now())
    finally:
        await database.close()


def _answer(cafe: Cafe, url: str, settings: Settings) -> dict[str, object]:
    return {
        "url": url,
        "api_key": cafe.opened.key.api_key,
        "key_id": cafe.opened.key.key_id,
        "business_id": cafe.opened.business.id,
        "slug": cafe.opened.business.slug,
        "customer_id": cafe.guest.id,
        "qr_code": cafe.guest.qr_code,
        "owner_invite": cafe.opened.owner_invite,
        "database": settings.database_url,
        "sandbox": f"{url}{SANDBOX}/",
        "docs": f"{url}/docs",
        "openapi": f"{url}/openapi.json",
        "try": commands(cafe, url),
    }
