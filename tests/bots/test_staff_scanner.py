"""The way from the chat to the pages: the scanner for staff alone, the desk for managers, the card for all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from litestar import Litestar
from msgspec.structs import replace

from api.app import create_app
from bots.staff.scanner import scanner_url
from bots.supervisor import open_bots
from loyalty_app.clock import utc_now
from loyalty_app.settings import Settings
from loyalty_app.shops.staff import remove_staff
from loyalty_core.access import Role
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


async def test_managers_open_the_desk_from_their_shop_and_customers_the_card_on_full_screen(
    sqlite_settings: Settings,
) -> None:
    async with on_a_public_address(sqlite_settings) as (sandbox, app, scanner):
        runtime, pages = app.state.runtime, scanner.removesuffix("/scan")
        shop = Shop(runtime.database, await found(runtime.database), Clock(), runtime.counter)
        rosa, ana, lena = [
            await sandbox.add_person(name, bot=BOT, language_code="en") for name in ("Rosa", "Ana", "Lena")
        ]
        await employ(shop, rosa, Role.OWNER)
        await employ(shop, ana)
        for person in (rosa, ana):
            await person.say("/shop")
            await until(partial(opens, person, scanner))
        assert pages_of(rosa)["🖥 Open the desk"] == f"{pages}/shop/{shop.business.id}/figures"
        assert set(pages_of(ana)) == {"📷 Scanner"}
        await lena.start(f"j_{shop.business.slug}")
        await until(lambda: has_button(lena, "⋯ More"))
        await lena.press("⋯ More")
        await until(lambda: opens(lena, f"{pages}/card?shop={shop.business.id}"))


def pages_of(person: Person) -> dict[str, str]:
    """The pages that the newest message opens, by the labels of its buttons."""
    return {one.text: str(one.url) for row in person.last.keyboard for one in row if one.kind == "web_app"}


async def opens(person: Person, url: str) -> bool:
    await person.screen()
    return bool(person.messages) and url in pages_of(person).values()


async def has_button(person: Person, label: str) -> bool:
    await person.screen()
    return bool(person.messages) and label in [one.text for row in person.last.keyboard for one in row]


async def has_menu(person: Person, wanted: dict[str, Any]) -> bool:
    return await menu_of(person) == wanted


async def test_the_scanner_is_offered_only_where_telegram_would_open_it() -> None:
    bot, plain = BotId(7), Settings()
    assert scanner_url(plain, bot) is None
    assert scanner_url(replace(plain, public_url="http://cards.example"), bot) is None
    assert scanner_url(replace(plain, public_url="https://cards.example/"), bot) == "https://cards.example/app/7/scan"
