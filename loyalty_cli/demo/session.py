"""A session of the demo: a database in a temporary folder, the café, the sandbox and the server, until its end."""

import asyncio
import logging
import socket
import tempfile
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from loyalty_app.clock import utc_now
from loyalty_app.db.engine import open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.runtime import open_guard
from loyalty_app.settings import Settings
from loyalty_cli.applications import SANDBOX, MakeGuard, with_sandbox
from loyalty_cli.demo.cafe import Cafe, open_cafe
from loyalty_cli.demo.clock import CLOCK, DemoClock, with_clock
from loyalty_cli.demo.telegram import DemoTelegram
from loyalty_cli.demo.welcome import commands, welcome
from loyalty_cli.logs import settings_or_defaults
from loyalty_cli.output import tell
from loyalty_cli.ports import address_of
from loyalty_cli.server import serve_alone

THIS_MACHINE = "127.0.0.0/8 ::1/128"


def run_demo(listener: socket.socket, *, movable: bool, as_json: bool) -> None:
    """Serve the café on a socket until it is stopped, then remove its data. With `movable` it has a test clock."""
    logging.getLogger(open_guard.__module__).addFilter(_is_no_warning_of_its_own_choice)
    with tempfile.TemporaryDirectory(prefix="loyalty-demo-", ignore_cleanup_errors=True) as folder:
        settings = _settings(Path(folder))
        migrate(settings)
        cafe, url = asyncio.run(_open_cafe(settings)), address_of(listener)
        telegram = _open_telegram(cafe, url)
        settings = replace(settings, telegram_token=telegram.token, **_addresses(url))

        def ready() -> None:
            clock_url = f"{url}{CLOCK}" if movable else None
            answer = {**_answer(cafe, url, settings), **({"clock": clock_url} if clock_url else {})}
            tell(answer, welcome(cafe, url, clock=clock_url), as_json=as_json)

        serve_alone(listener, settings, ready=ready, make=_clocked(telegram) if movable else _plain(telegram))


def _plain(telegram: DemoTelegram) -> MakeGuard:
    return lambda settings: with_sandbox(settings, telegram)


def _clocked(telegram: DemoTelegram) -> MakeGuard:
    clock = DemoClock()
    around = partial(with_clock, clock=clock)
    return lambda settings: with_sandbox(settings, telegram, clock=clock, around=around)


def _is_no_warning_of_its_own_choice(record: logging.LogRecord) -> bool:
    """Whether a line is not the warning for operators that webhooks may reach private addresses."""
    return "LOYALTY_WEBHOOK_ALLOW" not in record.getMessage()


def _settings(folder: Path) -> Settings:
    """Settings of the demo; only the format and level of logs come from the environment.

    Webhooks may go to this machine: that is where somebody tries a receiver.
    """
    chosen = settings_or_defaults()
    database = f"sqlite:///{folder / 'demo.db'}"
    return Settings(
        database_url=database,
        log_format=chosen.log_format,
        log_level=chosen.log_level,
        webhook_allow=THIS_MACHINE,
    )


def _addresses(url: str) -> dict[str, str]:
    """Where all is found that is elsewhere in real use: the world, Telegram, and its script for pages."""
    telegram = f"{url}{SANDBOX}"
    return {
        "public_url": url,
        "telegram_api_url": telegram,
        "telegram_script_url": f"{telegram}/js/telegram-web-app.js",
    }


def _open_telegram(cafe: Cafe, url: str) -> DemoTelegram:
    shop = cafe.opened.business
    return DemoTelegram(shop.name, slug=shop.slug, invitation=cafe.invitation, pages=url)


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
