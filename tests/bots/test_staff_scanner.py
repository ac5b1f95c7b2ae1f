"""The way from the chat to the scanner: a menu button for staff and nobody else, and a button on their screens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar
from msgspec.structs import replace

from api.app import create_app
from bots.staff.scanner import scanner_url
from bots.supervisor import open_bots
from loyalty_app.clock import utc_now
from loyalty_app.settings import Settings
from loyalty_app.shops.staff import remove_staff
from loyalty_core.fields import BotId, BusinessId
from testkit.bot_api import check_calls
from testkit.clocks import Clock
from testkit.concurrency import until
from testkit.http_server import free_port, served
from testkit.people import Person
from testkit.sandbox import SandboxServer, open_sandbox
from testkit.shop import Shop, found
from testkit.town import BOT, employ
from tests.api.till import started

USUAL = {"type": "commands"}


@asynccontextmanager
async def on_a_public_address(settings: Settings) -> AsyncIterator[tuple[SandboxServer, Litestar, str]]:
    async with open_sandbox() as sandbox, free_port() as listener:
        bot = await sandbox.add_bot(username=BOT)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        public = replace(settings, telegram_token=bot["token"], telegram_api_url=sandbox.url, public_url=url)
        app = create_app(public, bots=open_bots)
        async with started(app), served(app, listener):
            await until(lambda: webhook_is_set(sandbox))
            yield sandbox, app, f"{url}/app/{bot['id']}/scan"
        check_calls(await sandbox.calls())


async def webhook_is_set(sandbox: SandboxServer) -> bool:
    return bool(await sandbox.calls(method="setWebhook"))


async def menu_of(person: Person) -> dict[str, Any]:
    menu: dict[str, Any] = (await person.screen()).menu or USUAL
    return menu


async def test_staff_get_the_scanner_in_their_menu_in_their_language_and_lose_it_when_they_are_removed(
    sqlite_settings: Settings,
) -> None:
    async with on_a_public_address(sqlite_settings) as (sandbox, app, scanner):
        runtime = app.state.runtime
        shop = Shop(runtime.database, await found(runtime.database), Clock(), runtime.counter)
        ana, lena = [
            await sandbox.add_person(name, bot=BOT, language_code=code)
            for name, code in (("Ana", "de"), ("Lena", "en"))
        ]
        staff_id = await employ(shop, ana)
        await ana.start()
        await lena.start()
        button = {"type": "web_app", "text": "Scannen", "web_app": {"url": scanner}}
        await until(lambda: has_menu(ana, button))
        assert "📷 Scanner" in [one.text for row in ana.last.keyboard for one in row]
        await remove_staff(shop.database, BusinessId(shop.business.id), staff_id, now=utc_now())
        await until(lambda: has_menu(ana, USUAL))
        assert await menu_of(lena) == USUAL
        calls = await sandbox.calls(method="setChatMenuButton")
        assert {call["params"]["chat_id"] for call in calls} == {str(ana.id)}


async def has_menu(person: Person, wanted: dict[str, Any]) -> bool:
    return await menu_of(person) == wanted


async def test_the_scanner_is_offered_only_where_telegram_would_open_it() -> None:
    bot, plain = BotId(7), Settings()
    assert scanner_url(plain, bot) is None
    assert scanner_url(replace(plain, public_url="http://cards.example"), bot) is None
    assert scanner_url(replace(plain, public_url="https://cards.example/"), bot) == "https://cards.example/app/7/scan"
