"""`python -m tests.pages.pictures FOLDER`: takes pictures of the pages, on a phone and on a laptop, to be looked at.

`make pictures` runs it. Where there is no Chromium it says so, and takes none.
"""

import asyncio
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser

from api.pages.desk.sections import SECTIONS
from loyalty_app.counter import Counter
from loyalty_app.db.migrate import migrate
from loyalty_app.settings import Settings
from loyalty_app.shops.workplaces import add_branch
from loyalty_app.sign_in.links import make_link
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_core.access import Role
from loyalty_core.fields import BotId, UserId
from loyalty_core.stamping import StampOrder
from loyalty_core.steps import Step
from testkit.people import Person
from testkit.servers import Missing
from testkit.shop import Shop
from tests.browser import Tab, find_chromium, open_browser, open_tab
from tests.pages.place import Place, open_place
from tests.pages.private_cards import address_of, let_join

FILLED_MILLISECONDS = 2_000
"""How long a page may take to show what it asks for."""


class Window(NamedTuple):
    """A window in which pages are pictured."""

    name: str
    width: int
    height: int
    dark: bool = False


PHONE, LAPTOP, NIGHT = Window("phone", 360, 740), Window("laptop", 1280, 800), Window("night", 360, 740, dark=True)


class Scene(NamedTuple):
    """A shop with an owner, guests and two weeks of visits. `private` is the address of a card without Telegram."""

    place: Place
    shop: Shop
    owner: Person
    guest: Person
    private: str
    joining: str


async def take_all(folder: Path) -> None:
    """Serve a shop with some guests, and take a picture of each page in each window."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(database_url=f"sqlite:///{home}/pictures.db")
        await asyncio.to_thread(migrate, settings)
        async with open_place(settings) as place, open_browser(find_chromium()) as browser:
            scene = await scene_at(place)
            for window in (PHONE, NIGHT, LAPTOP):
                for page, whose in (("scan", scene.owner), ("card", scene.guest)):
                    await take_page(scene, browser, window, page, whose, folder)
                await take_desk(scene, browser, window, folder)
                await take_addresses(scene, browser, window, folder)


async def scene_at(place: Place) -> Scene:
    """A shop with a branch, an owner, a guest with a card in the chat, and others, of whom one joined on the page."""
    shop = await place.town.open_shop()
    rosa = await place.town.hire(shop, "Rosa", Role.OWNER)
    lena = await place.town.person("Lena")
    await lena.start(f"j_{shop.business.slug}")
    branch = await add_branch(shop.database, shop.business.id, name="Old Town", now=shop.clock.now)
    [card] = await shop.customers()
    past = Counter(shop.database, clock=lambda: shop.clock.now)
    guests = [(await shop.join(name)).id for name in ("Ana Ruiz", "Björn Ek", "محمد علي", "नेहा शर्मा", "佐藤さくら")]
    shop.clock.now = place.town.clock() - timedelta(days=14)
    for day in range(13):
        shop.clock.now += timedelta(days=1)
        for number, guest in enumerate([card.id, *guests]):
            if (day + number) % (number + 2) == 0:
                order = StampOrder(stamps=1 + number % 3, branch_id=branch.id if number % 2 else None)
                await past.give_stamp(shop.caller(), guest, order)
        shop.clock.now += timedelta(minutes=37)
    await past.close()
    shop.clock.now = place.town.clock()
    salads = await shop.make_program("🥗 Salad", stamps_required=8, steps=(Step(4, "A juice"),))
    for guest in (card.id, guests[0]):
        await shop.stamp(guest, 5, program_id=salads)
    return Scene(place, shop, rosa, lena, await address_of(place, shop, card.id), await let_join(place, shop))


async def take_page(scene: Scene, browser: Browser, window: Window, page: str, whose: Person, folder: Path) -> None:
    """Take a page as Telegram opens it; a dark one as a browser does."""
    async with open_tab(browser, width=window.width, height=window.height, dark=window.dark) as tab:
        if window.dark:
            await open_by_link(scene.place, tab, whose, page)
        else:
            await scene.place.open(tab, page, whose)
        await keep(tab, window, page, folder)


async def take_desk(scene: Scene, browser: Browser, window: Window, folder: Path) -> None:
    """Take each section of the desk, and a card there, in a browser that was signed in by a link from the chat."""
    place, customer = scene.place, (await scene.shop.customers())[0].id
    async with open_tab(browser, width=window.width, height=window.height, dark=window.dark) as tab:
        await open_by_link(place, tab, scene.owner, "shop", keeping=partial(keep, tab, window, "one-time-link", folder))
        for path in (
            *(section.path for section in SECTIONS),
            f"customers/{customer}",
            f"programs/{scene.shop.business.id}",
        ):
            for query in ("", "?lang=ar"):
                await tab.page.goto(f"{place.pages}/shop/{scene.shop.business.id}/{path}{query}")
                name = f"desk-{path.replace('/', '-')}{'-ar' if query else ''}"
                await keep(tab, window, name, folder, whole=True)


async def take_addresses(scene: Scene, browser: Browser, window: Window, folder: Path) -> None:
    """Take what people without Telegram open: a private card, the form to join, and an address that is gone."""
    addresses = {"private": scene.private, "joining": scene.joining, "nothing": f"{scene.place.url}/c/nothing"}
    async with open_tab(browser, width=window.width, height=window.height, dark=window.dark) as tab:
        for name, address in addresses.items():
            await tab.page.goto(address)
            await keep(tab, window, name, folder, whole=True)


async def open_by_link(
    place: Place, tab: Tab, whose: Person, page: str, *, keeping: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Sign a browser in outside Telegram, and lead it to a page; perhaps keep what the link shows."""
    person = PagePerson(bot_id=BotId(place.bot_id), user_id=UserId(whose.id), language="en")
    link = await make_link(place.town.runtime.database, person, page, now=place.town.clock())
    await tab.page.goto(f"{place.url}{link}")
    if keeping is not None:
        await keeping()
    await tab.page.get_by_role("button").click()
    await tab.page.wait_for_url(re.compile(rf"/app/\d+/{page}"))


async def keep(tab: Tab, window: Window, name: str, folder: Path, *, whole: bool = False) -> None:
    """Take one picture once the page is filled."""
    await tab.page.get_by_role("heading", level=1).first.wait_for()
    if not whole:
        await tab.page.wait_for_timeout(FILLED_MILLISECONDS)
    path = folder / f"page-{name}-{window.name}.png"
    await tab.page.screenshot(path=path, full_page=whole)
    sys.stdout.write(f"{path}\n")


def main(folder: Path) -> None:
    """Take all pictures; create the folder if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        find_chromium()
    except Missing as reason:
        sys.stderr.write(f"!! The pages were NOT pictured: {reason}\n")
    else:
        asyncio.run(take_all(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/pictures"))
