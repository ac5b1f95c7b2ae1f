"""`python -m tests.pages.pictures FOLDER`: takes pictures of the pages, on a phone and on a laptop, to be looked at.

`make pictures` runs it. Where there is no Chromium it says so, and takes none.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser

from loyalty_app.db.migrate import migrate
from loyalty_app.settings import Settings
from loyalty_app.sign_in.links import make_link
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_core.access import Role
from loyalty_core.fields import BotId, UserId
from testkit.people import Person
from testkit.servers import Missing
from tests.browser import Tab, find_chromium, open_browser, open_tab
from tests.pages.place import Place, open_place

PAGES = ("scan", "card", "shop")
WINDOWS = {"phone": (400, 800), "laptop": (1400, 900)}
FILLED_MILLISECONDS = 2_000
"""How long a page may take to show what it asks for."""


async def take_all(folder: Path) -> None:
    """Serve a shop with some guests, and take a picture of each page in each window."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(database_url=f"sqlite:///{home}/pictures.db")
        await asyncio.to_thread(migrate, settings)
        async with open_place(settings) as place, open_browser(find_chromium()) as browser:
            rosa, lena = await people_of(place)
            for page in PAGES:
                for window in WINDOWS:
                    whose = lena if page == "card" else rosa
                    await take(place, browser, page, window, whose, folder / f"page-{page}-{window}.png")


async def people_of(place: Place) -> tuple[Person, Person]:
    """An owner, and a guest who has a card in the chat with some stamps."""
    shop = await place.town.open_shop()
    rosa = await place.town.hire(shop, "Rosa", Role.OWNER)
    lena = await place.town.person("Lena")
    await lena.start(f"j_{shop.business.slug}")
    for customer in await shop.customers():
        await shop.stamp(customer.id, 7)
    for name in ("Ana Ruiz", "Björn Ek", "محمد علي"):
        await shop.stamp((await shop.join(name)).id, 10)
    return rosa, lena


async def take(place: Place, browser: Browser, page: str, window: str, whose: Person, path: Path) -> None:
    """Take one picture: on the phone in Telegram, on the laptop in a dark browser, by a link from the chat."""
    width, height = WINDOWS[window]
    async with open_tab(browser, width=width, height=height, dark=window == "laptop") as tab:
        if window == "phone":
            await place.open(tab, page, whose)
        else:
            await open_by_link(place, tab, page, whose)
        await tab.page.get_by_role("heading", level=1).first.wait_for()
        await tab.page.wait_for_timeout(FILLED_MILLISECONDS)
        await tab.page.screenshot(path=path)
        sys.stdout.write(f"{path}\n")


async def open_by_link(place: Place, tab: Tab, page: str, whose: Person) -> None:
    """Open a page outside Telegram."""
    person = PagePerson(bot_id=BotId(place.bot_id), user_id=UserId(whose.id), language="en")
    link = await make_link(place.town.runtime.database, person, page, now=place.town.clock())
    await tab.page.goto(f"{place.url}{link}")
    await tab.page.get_by_role("button").click()
    await tab.page.wait_for_url(f"{place.pages}/{page}")


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
