"""Every page can be used by everybody, as far as axe can tell: nothing serious is found, light and dark."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from loyalty_app.sign_in.links import make_link
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_core.access import Role
from loyalty_core.fields import BotId, UserId
from tests.browser import open_tab
from tests.conftest import leg
from tests.npm_programs import install_axe
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

SERIOUS = {"serious", "critical"}
LOOK = "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations)"


@pytest.fixture(scope="session")
def axe(home: Path) -> str:
    return Path(leg("axe", install_axe, home)).read_text("utf-8")


def serious(found: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found if one["impact"] in SERIOUS]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing_serious_on_any_page(place: Place, browser: Browser, axe: str, dark: bool) -> None:  # noqa: FBT001  # pytest's parameter
    shop = await place.town.open_shop()
    await shop.join("Lena")
    ana = await place.town.hire(shop, "Ana", Role.OWNER)
    person = PagePerson(bot_id=BotId(place.bot_id), user_id=UserId(ana.id))
    link = await make_link(place.town.runtime.database, person, "shop", now=place.town.clock())
    found: dict[str, list[tuple[str, list[str]]]] = {}
    async with open_tab(browser, width=400, height=800, dark=dark) as tab:
        for page in ("scan", "card", "shop", "nothing", link.partition(f"{place.bot_id}/")[2]):
            await place.open(tab, page, ana if page in {"scan", "card", "shop"} else None, language="en")
            await tab.page.get_by_role("heading", level=1).first.wait_for()
            await tab.page.evaluate(axe)
            found[page] = serious(await tab.page.evaluate(LOOK))
    assert {page: one for page, one in found.items() if one} == {}


async def test_axe_would_find_a_picture_without_words(place: Place, browser: Browser, axe: str) -> None:
    async with open_tab(browser) as tab:
        await place.open(tab, "nothing")
        await tab.page.get_by_role("heading", level=1).wait_for()
        await tab.page.evaluate("document.body.append(document.createElement('img'))")
        await tab.page.evaluate(axe)
        assert [name for name, _ in serious(await tab.page.evaluate(LOOK))] == ["image-alt"]
