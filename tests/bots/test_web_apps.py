"""Mini Apps in the phones of the sandbox: how they are opened, and what a page and the phone tell each other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from litestar import Litestar, MediaType, get
from playwright.async_api import Browser, Frame
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, MenuButtonWebApp, WebAppInfo

from testkit.http_server import free_port, served
from tests.bots.echo import Laptop, card, open_laptop
from tests.bots.two_phones import Phones, open_phones
from tests.browser import PATIENCE_MILLISECONDS, Tab, open_tab

pytestmark = pytest.mark.asyncio(loop_scope="session")

CARD = "https://t.me/echo_bot?start=c_7"
HEARD = (
    *("themeChanged", "mainButtonClicked", "backButtonClicked", "popupClosed", "qrTextReceived", "scanQrPopupClosed"),
    *("viewportChanged", "contactRequested"),
)
PAGE = """<!doctype html><title>App</title><p>A page</p><a href="/second">On</a>
<script src="{script}"></script><script>
  const app = Telegram.WebApp, heard = [];
  for (const name of {names}) app.onEvent(name, (data) => heard.push([name, data]));
  app.ready();
</script>"""


class Apps:
    """A tiny server with the pages of a bot, on an origin of its own, and the bot."""

    def __init__(self, url: str, bot: Bot) -> None:
        self.url, self.bot = url, bot


@asynccontextmanager
async def open_apps(laptop: Laptop, bot: Bot) -> AsyncIterator[Apps]:
    """Serve the page at any path."""
    page = PAGE.replace("{script}", f"{laptop.url}js/telegram-web-app.js").replace("{names}", str(list(HEARD)))

    @get(["/", "/first", "/second"], media_type=MediaType.HTML)
    async def show() -> str:
        return page

    async with free_port() as door, served(Litestar([show], openapi_config=None), door):
        yield Apps(f"http://127.0.0.1:{door.getsockname()[1]}", bot)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def laptop() -> AsyncIterator[Laptop]:
    async with open_laptop() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def apps(laptop: Laptop) -> AsyncIterator[Apps]:
    made = await laptop.add("bots", username="echo_bot", name="Echo")
    async with Bot(made["token"], base_url=f"{laptop.url}bot") as bot, open_apps(laptop, bot) as opened:
        await bot.set_chat_menu_button(menu_button=MenuButtonWebApp("Scan", WebAppInfo(f"{opened.url}/first")))
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(browser: Browser, laptop: Laptop) -> AsyncIterator[Tab]:
    del laptop  # which ends after the window
    async with open_tab(browser) as tab:
        yield tab


class Opened:
    """A page that is open in a phone. Its calls may be written as in the page: `app` is Telegram.WebApp."""

    def __init__(self, phones: Phones, phone: str) -> None:
        self.phones, self.phone = phones, phone

    @property
    def frame(self) -> Frame:
        """The page itself."""
        found = self.phones.page.frame(name=f"web-app-{self.phone}-{self.phones.people[self.phone]}")
        assert found is not None
        return found

    async def do(self, script: str) -> Any:  # noqa: ANN401 - whatever the script gives
        """What an expression is in the page."""
        return await self.frame.evaluate(script)

    async def until(self, script: str) -> Any:  # noqa: ANN401 - whatever the script gives
        """Wait until an expression is true in the page, and give it."""
        look = f"const look = () => {{ const it = ({script}); if (it) so(it); else setTimeout(look, 10); }}; look();"
        async with asyncio.timeout(PATIENCE_MILLISECONDS / 1_000):
            return await self.frame.evaluate(f"new Promise((so) => {{ {look} }})")

    async def hears(self, name: str, times: int = 1) -> list[Any]:
        """Wait until the page has heard an event so often; gives the data of each."""
        named = f"heard.filter(([name]) => name === '{name}')"
        found: list[Any] = await self.until(f"{named}.length >= {times} && {named}.map(([, data]) => data)")
        return found


async def opened_on(phones: Phones, phone: str) -> Opened:
    """Wait until the page that a phone opens is ready."""
    await phones.part(phone, ".web-view[data-ready=true] iframe").wait_for()
    return Opened(phones, phone)


@pytest_asyncio.fixture(loop_scope="session")
async def phones(desk: Tab, laptop: Laptop, apps: Apps) -> AsyncIterator[Phones]:
    """Two people who have written to the bot, which answers nothing."""
    del apps
    desk.problems.clear()
    async with open_phones(desk, laptop, "Ana", "Ben") as opened:
        for phone in ("left", "right"):
            await opened.press(phone, "Start")
            await opened.part(phone, ".menu-button").wait_for()
        yield opened
    await desk.page.evaluate("{ sessionStorage.clear(); localStorage.clear(); }")
    await desk.page.goto("about:blank")


async def open_by_menu(phones: Phones, phone: str = "left") -> Opened:
    """Press the menu button of a phone."""
    await phones.button(phone, "Scan", within=".composer").click()
    return await opened_on(phones, phone)


async def close(phones: Phones, phone: str = "left") -> None:
    """Close the page of a phone."""
    await phones.button(phone, "Close", within=".app-bar").click()
    await phones.part(phone, ".web-view iframe").wait_for(state="detached")


async def asked(phones: Phones, verb: str, phone: str = "left") -> Any:  # noqa: ANN401 - JSON is anything
    """What the control API tells of a chat."""
    return (await phones.laptop.control.get(f"chats/{phones.people[phone]}/echo_bot/{verb}")).json()


async def test_the_menu_button_opens_a_page_that_knows_who_holds_the_phone(phones: Phones) -> None:
    page = await open_by_menu(phones)
    user = await page.do("app.initDataUnsafe.user")
    assert (user["id"], user["first_name"]) == (phones.people["left"], "Ana")
    assert await page.do("[app.platform, app.isVersionAtLeast('9.0'), app.isVersionAtLeast('99.0')]") == [
        *("android", True, False)
    ]
    assert await page.do("new URLSearchParams(app.initData).get('hash').length") == 64
    assert await phones.part("left", ".app-bar b").inner_text() == "Echo"
    height = "document.querySelector('#phone-left .web-view iframe').clientHeight"
    await page.until(f"app.viewportHeight === {await phones.ask(height)} && app.isExpanded")

    await page.do("parent.postMessage('no event', '*')")  # as other scripts send each other
    await page.do("location.assign('/second')")  # without what stands behind the # of the first
    await page.frame.wait_for_url("**/second")
    assert await page.until("window.Telegram?.WebApp.initDataUnsafe.user.first_name") == "Ana"
    await close(phones)
    assert not await phones.ask("document.querySelector('#phone-left .composer').inert")


async def test_buttons_under_messages_and_links_open_pages_too(phones: Phones, apps: Apps) -> None:
    button = InlineKeyboardButton("Open it", web_app=WebAppInfo(f"{apps.url}/second"))
    await apps.bot.send_message(phones.people["left"], "Here", reply_markup=InlineKeyboardMarkup([[button]]))
    await phones.button("left", "Open it", within=".keyboard").click()
    page = await opened_on(phones, "left")
    assert await page.do("location.pathname") == "/second"
    assert await page.do("'query_id' in app.initDataUnsafe")

    for name in ("", "stamps"):
        known = {"name": name, "url": f"{apps.url}/first?from=link"}
        (await phones.laptop.control.post("bots/echo_bot/apps", json=known)).raise_for_status()
    for path in ("", "/stamps"):
        await page.do(f"app.openTelegramLink('https://t.me/echo_bot{path}?startapp=card{path[1:]}')")
        await phones.part("left", f".web-view iframe[src*='tgWebAppStartParam=card{path[1:]}']").wait_for()
        page = await opened_on(phones, "left")
        assert await page.do("app.initDataUnsafe.start_param") == f"card{path[1:]}"
        assert await page.do("new URLSearchParams(location.search).get('from')") == "link"
    await close(phones)


async def test_what_a_page_keeps_on_the_device_is_there_next_time_and_for_nobody_else(phones: Phones) -> None:
    page = await open_by_menu(phones)
    asks = [
        "getItem('scan',",
        "setItem('scan', 'waiting',",
        "setItem('other', '1',",
        "removeItem('other',",
        "getItem('scan',",
    ]
    for ask, answer in zip(asks, [None, True, True, True, "waiting"], strict=True):
        asking = f"new Promise((so) => app.DeviceStorage.{ask} (error, value) => so([error, value])))"
        assert await page.do(asking) == [None, answer]
    await close(phones)

    again = await open_by_menu(phones)
    assert await again.do("new Promise((so) => app.DeviceStorage.getItem('scan', (error, it) => so(it)))") == "waiting"
    other = await open_by_menu(phones, "right")
    assert await other.do("new Promise((so) => app.DeviceStorage.getItem('scan', (error, it) => so(it)))") is None
    assert await asked(phones, "storage/device") == {"scan": "waiting"}
    assert await again.do("new Promise((so) => app.DeviceStorage.clear((error, it) => so(it)))") is True
    assert await asked(phones, "storage/device") == {}


async def test_the_bar_the_buttons_and_the_shakes_of_a_page(phones: Phones) -> None:
    page = await open_by_menu(phones)
    assert await phones.part("left", ".app-foot").is_hidden()
    await page.do("app.MainButton.setParams({text: 'Stamp', color: '#aa0000'}).show()")
    await phones.press("left", "Stamp")
    await page.hears("mainButtonClicked")
    await page.do("app.MainButton.disable()")
    await phones.part("left", ".app-button.main:disabled").wait_for()
    await page.do("app.MainButton.hide()")
    await phones.part("left", ".app-foot").wait_for(state="hidden")

    assert await phones.button("left", "Back").count() == 0
    await page.do("app.BackButton.show()")
    await phones.press("left", "Back")
    await page.hears("backButtonClicked")

    await page.do("app.HapticFeedback.impactOccurred('light').notificationOccurred('success').selectionChanged()")
    await page.do("new Promise((so) => app.DeviceStorage.getItem('-', so))")  # which is asked for after them
    assert [(each["type"], each["notification_type"]) for each in await asked(phones, "haptics")] == [
        ("impact", None),
        ("notification", "success"),
        ("selection_change", None),
    ]


async def test_a_page_that_has_something_to_lose_is_not_closed_without_a_question(phones: Phones) -> None:
    page = await open_by_menu(phones)
    await page.do("app.enableClosingConfirmation()")
    await phones.button("left", "Close", within=".app-bar").click()
    await phones.press("left", "Cancel")
    assert await page.do("app.isClosingConfirmationEnabled")
    await phones.button("left", "Close", within=".app-bar").click()
    await phones.press("left", "Close anyway")
    await phones.part("left", ".web-view iframe").wait_for(state="detached")

    page = await open_by_menu(phones)
    await page.do("app.enableClosingConfirmation()")
    await page.do("app.disableClosingConfirmation()")
    await close(phones)
    page = await open_by_menu(phones)
    await page.do("app.close()")
    await phones.part("left", ".web-view iframe").wait_for(state="detached")


async def test_popups_and_questions_of_a_page(phones: Phones) -> None:
    page = await open_by_menu(phones)
    await page.do("void app.showConfirm('Hand it over?', (sure) => { window.sure = String(sure); })")
    await phones.press("left", "OK")
    assert await page.until("window.sure") == "true"
    buttons = "[{id: 'later', type: 'default', text: 'Later'}, {type: 'cancel'}]"
    await page.do(
        f"void app.showPopup({{title: 'T', message: 'M', buttons: {buttons}}}, (id) => {{ window.id = id; }})"
    )
    await phones.press("left", "Later")
    assert await page.until("window.id") == "later"
    await page.do("void app.requestContact((sent) => { window.sent = String(sent); })")
    await phones.press("left", "Share")
    assert await page.until("window.sent") == "true"
    await close(phones)
    await phones.part("left", ".person .icon-phone").wait_for()


async def test_a_phone_tells_its_pages_when_it_turns_dark(phones: Phones) -> None:
    page = await open_by_menu(phones)
    assert await page.do("app.colorScheme") == "light"
    background = "document.documentElement.style.getPropertyValue('--tg-theme-bg-color')"
    light = await page.do(background)
    assert light == await page.do("app.themeParams.bg_color")
    await phones.page.emulate_media(color_scheme="dark")
    await page.until("app.colorScheme === 'dark'")
    assert await page.hears("themeChanged")
    assert await page.do(background) != light
    await phones.page.emulate_media(color_scheme="light")
    await page.until("app.colorScheme === 'light'")
    await close(phones)

    await phones.button("left", "More", within=".chat-head").click()
    await phones.part("left", "[role=menuitem]").filter(has_text="Dark colours").click()
    page, other = await open_by_menu(phones), await open_by_menu(phones, "right")
    assert [await page.do("app.colorScheme"), await other.do("app.colorScheme")] == ["dark", "light"]


async def test_the_camera_of_a_page_tells_every_new_code_as_long_as_it_is_open(phones: Phones) -> None:
    camera = f"people/{phones.people['left']}/camera"
    page = await open_by_menu(phones)
    await page.do("void app.showScanQrPopup({text: 'Hold a card'}, (text) => text === 'enough')")
    finder = phones.part("left", ".app-camera")
    await finder.get_by_text("The other phone shows no picture yet").wait_for()
    assert "Hold a card" in await finder.inner_text()

    theirs = {"file": ("card.png", card(CARD), "image/png")}
    for _ in range(2):  # another picture of the same card is still the same card
        sent = await phones.laptop.control.post(f"chats/{phones.people['right']}/echo_bot/photo", files=theirs)
        sent.raise_for_status()
        assert await page.hears("qrTextReceived") == [{"data": CARD}]
    await phones.part("left", ".app-camera .seen").click()
    assert await page.hears("qrTextReceived", 2) == [{"data": CARD}] * 2

    told = 2
    for held in ({"json": {"text": "ABCD1234"}}, {"json": {"text": "ABCD1234"}}, {"files": theirs}):
        (await phones.laptop.control.post(camera, **held)).raise_for_status()
        told += 1
        await page.hears("qrTextReceived", told)
    assert [each["data"] for each in await page.hears("qrTextReceived")] == [*[CARD] * 2, *["ABCD1234"] * 2, CARD]
    (await phones.laptop.control.delete(camera)).raise_for_status()
    (await phones.laptop.control.post(camera, json={"text": "enough"})).raise_for_status()
    await page.hears("scanQrPopupClosed")
    await finder.wait_for(state="detached")
    (await phones.laptop.control.delete(camera)).raise_for_status()


async def test_a_camera_that_is_put_away_tells_the_page(phones: Phones) -> None:
    page = await open_by_menu(phones)
    await page.do("void app.showScanQrPopup({})")
    await phones.press("left", "Close the camera")
    await page.hears("scanQrPopupClosed")
    await page.do("void app.showScanQrPopup({})")
    await phones.part("left", ".app-camera").wait_for()
    await page.do("app.closeScanQrPopup()")
    await page.hears("scanQrPopupClosed", 2)


async def test_a_page_outside_of_telegram_finds_nobody_there(desk: Tab, apps: Apps) -> None:
    await desk.page.goto(f"{apps.url}/first")
    assert await desk.page.evaluate("[app.initData, app.platform, app.version]") == ["", "unknown", "6.0"]
    assert await desk.page.evaluate(
        "(() => { try { app.showScanQrPopup({}); } catch (error) { return `${error}`; } })()"
    )
