"""Every page can be used by everybody, as far as axe can tell: nothing serious is found, light and dark."""

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser

from api.pages.desk.sections import SECTIONS
from loyalty_app.sign_in.links import make_link
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_core.access import Role
from loyalty_core.bonus_hours import BonusHours
from loyalty_core.fields import BotId, UserId
from loyalty_core.steps import Step
from testkit.people import Person
from testkit.shop import Shop
from tests.browser import Tab, open_tab
from tests.conftest import leg
from tests.npm_programs import install_axe
from tests.pages.place import Place
from tests.pages.private_cards import address_of, let_join

pytestmark = pytest.mark.asyncio(loop_scope="session")

SERIOUS = {"serious", "critical"}
LOOK = "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations)"
MORNINGS = BonusHours(weekdays=(1, 5), begin="09:00", end="11:00", factor=2)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture(scope="session")
def axe(home: Path) -> str:
    return Path(leg("axe", install_axe, home)).read_text("utf-8")


def serious(found: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found if one["impact"] in SERIOUS]


async def faults_of(tab: Tab, axe: str) -> dict[str, list[tuple[str, list[str]]]]:
    """What axe finds on the page that is open, in each theme that has something."""
    await tab.page.get_by_role("heading", level=1).first.wait_for()
    await tab.page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    await tab.page.evaluate(axe)
    found = {}
    for theme in THEMES:
        await tab.page.emulate_media(color_scheme=theme)
        found[theme] = serious(await tab.page.evaluate(LOOK))
    return {theme: one for theme, one in found.items() if one}


async def link_for(place: Place, person: Person) -> str:
    who = PagePerson(bot_id=BotId(place.bot_id), user_id=UserId(person.id))
    return place.url + await make_link(place.town.runtime.database, who, "shop", now=place.town.clock())


async def with_several_cards(shop: Shop, customer_id: int) -> None:
    """Give a customer cards of two more programs, of which one is archived with stamps on it."""
    salads, beans = [await shop.make_program(title, steps=(Step(2, "A soup"),)) for title in ("Salad", "Beans")]
    for number in (salads, beans):
        await shop.stamp(customer_id, 3, program_id=number)
    await shop.programs_deed(archive=beans)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing_serious_on_pages_in_telegram(
    place: Place,
    browser: Browser,
    axe: str,
    dark: bool,  # noqa: FBT001  # pytest's parameter
) -> None:
    shop = await place.town.open_shop(steps=(Step(2, "A cookie"),))
    ana = await place.town.hire(shop, "Ana", Role.OWNER)
    await ana.start(f"j_{shop.business.slug}")
    await with_several_cards(shop, (await shop.customers())[0].id)
    found: dict[str, list[tuple[str, list[str]]]] = {}
    async with open_tab(browser, width=400, height=800, dark=dark) as tab:
        for page in ("scan", "card", "shop", "nothing"):
            await place.open(tab, page, ana if page != "nothing" else None, language="en")
            await tab.page.get_by_role("heading", level=1).first.wait_for()
            await tab.page.evaluate(axe)
            found[page] = serious(await tab.page.evaluate(LOOK))
    assert {page: one for page, one in found.items() if one} == {}


async def test_axe_finds_nothing_serious_in_a_browser_at_the_desk_and_on_cards_without_telegram(
    place: Place, browser: Browser, axe: str
) -> None:
    shop = await place.town.open_shop()
    lena = await shop.join("Lena", opening_stamps=12)
    await shop.stamp(lena.id, 3)
    salad = await shop.make_program("Salad", steps=(Step(3, "A juice"),), bonus_hours=(MORNINGS,))
    await with_several_cards(shop, lena.id)
    link = await link_for(place, await place.town.hire(shop, "Ana", Role.OWNER))
    other = await shop.join("Lena B.")
    await shop.merge(lena.id, (await shop.join("Lena C.")).id)
    desk = f"{place.pages}/shop/{shop.business.id}"
    private = await address_of(place, shop, lena.id)
    merge = f"customers/{lena.id}/merge"
    more = (f"customers/{lena.id}", f"{merge}?q=Lena", f"{merge}/{other.id}", "ledger?from=never", f"programs/{salad}")
    paths = (*(section.path for section in SECTIONS), *more)
    addresses = [link, private, f"{private}/erase", await let_join(place, shop), *(f"{desk}/{path}" for path in paths)]
    found = {}
    async with open_tab(browser, width=400, height=800) as tab:
        for address in addresses:
            await tab.page.goto(address)
            found[address] = await faults_of(tab, axe)
            if address == link:
                await tab.page.get_by_role("button").click()
                await tab.page.wait_for_url(f"{desk}/figures")
        await tab.page.goto(f"{desk}/gifts")
        await tab.page.locator('input[name="win_back"][value="stamps"]').check()
        await tab.page.locator('input[name="win_back_stamps"]').fill("2")
        await tab.page.get_by_role("button", name="Go on Win back").click()
        await tab.page.get_by_role("button", name="Switch it on").wait_for()
        found["win back, before it is switched on"] = await faults_of(tab, axe)
        await tab.page.get_by_role("button", name="Sign out").click()
        await tab.page.get_by_role("heading", name="You are signed out.").wait_for()
        found["out"] = await faults_of(tab, axe)
    assert {page: one for page, one in found.items() if one} == {}


async def test_an_entry_is_undone_with_the_keyboard_alone(place: Place, browser: Browser) -> None:
    shop = await place.town.open_shop()
    lena = await shop.join("Lena")
    await shop.stamp(lena.id, 3)
    link = await link_for(place, await place.town.hire(shop, "Ana", Role.OWNER))
    async with open_tab(browser) as tab:
        await tab.page.goto(link)
        await on_to(tab, "Sign in", "Enter")
        await tab.page.get_by_role("heading", name="Figures", exact=True).wait_for()
        await on_to(tab, "Ledger", "Enter")
        await tab.page.get_by_role("heading", name="Ledger", exact=True).wait_for()
        await tab.page.keyboard.press("Tab")
        await tab.page.keyboard.press("Enter")
        await tab.until("document.activeElement.id === 'main'")  # the first link skips the navigation
        await on_to(tab, "Undo 3 stamps", "Enter")
        await on_to(tab, "Undo it now", "Space")
        await tab.page.get_by_text("That is undone.").wait_for()
        assert tab.problems == []
    assert (await shop.customer(lena.id)).card.current_stamps == 0


async def on_to(tab: Tab, label: str, key: str) -> None:
    """Go on with Tab to what says that, see that it shows its focus, and press a key."""
    look = "[document.activeElement.textContent.trim(), getComputedStyle(document.activeElement).outlineStyle]"
    for _ in range(40):
        await tab.page.keyboard.press("Tab")
        said, outline = await tab.page.evaluate(look)
        if said == label:
            assert outline == "solid", label
            await tab.page.keyboard.press(key)
            return
    raise AssertionError(label)


async def test_axe_would_find_a_picture_without_words(place: Place, browser: Browser, axe: str) -> None:
    async with open_tab(browser) as tab:
        await place.open(tab, "nothing")
        await tab.page.get_by_role("heading", level=1).wait_for()
        await tab.page.evaluate("document.body.append(document.createElement('img'))")
        await tab.page.evaluate(axe)
        assert [name for name, _ in serious(await tab.page.evaluate(LOOK))] == ["image-alt"]
